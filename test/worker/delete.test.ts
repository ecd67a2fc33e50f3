import { SELF } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { ShareMade } from "../../protocol/index.ts";
import type { Env } from "../../worker/env.ts";
import { evict, newRun, room } from "./support/rooms.ts";
import { agent, batchedViewer, line, plainViewer } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const { BLOBS } = env as unknown as Env;

async function ask(method: string, path: string, body?: unknown): Promise<Response> {
  const headers = { Authorization: `Bearer ${await token({ role: "owner" })}` };
  return SELF.fetch(`https://relay.test${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

const listed = async () => ((await (await ask("GET", "/api/runs")).json()) as { runs: { run: string }[] }).runs.map(({ run }) => run);

describe("DELETE /api/runs/:run", () => {
  test.each([false, true])("AC5 closes everybody with 4104 and leaves nothing behind; hibernated: %s", async (hibernated) => {
    const [run, other] = [newRun(), newRun()];
    const producer = await agent(run);
    await agent(other);
    const viewers = [await plainViewer(run, "?events=*"), await batchedViewer(run)];
    producer.batch([line("gone soon")]);
    await producer.nextOf("ack");
    for (let n = 0; n < 3; n++) await BLOBS.put(`runs/${run}/${n}`, "x");
    await BLOBS.put(`runs/${run}x/1`, "another's");
    const share = (await (await ask("POST", `/api/runs/${run}/share`, { role: "viewer", expires_in: 60 })).json()) as ShareMade;
    if (hibernated) await evict(run);

    expect((await ask("DELETE", `/api/runs/${run}`)).status).toBe(204);
    for (const peer of [producer, ...viewers]) expect(await peer.closed).toMatchObject({ code: 4104, reason: "the run was deleted" });
    expect((await ask("GET", `/api/runs/${run}`)).status).toBe(404);
    expect(await room(run).summary()).toBeNull();
    expect(await listed()).not.toContain(run);
    expect(await listed()).toContain(other);
    expect((await BLOBS.list({ prefix: `runs/${run}` })).objects.map(({ key }) => key)).toEqual([`runs/${run}x/1`]);

    // A run of the same id is another one: the old link does not open it.
    const again = await agent(run, { life: "life-2" });
    again.batch([line("new")]);
    await again.nextOf("ack");
    expect(await listed()).toContain(run);
    const old = await SELF.fetch(`https://relay.test/api/runs/${run}`, { headers: { Authorization: `Bearer ${share.token}` } });
    expect(old.status).toBe(401);
    const page = (await (await ask("GET", `/api/runs/${run}/events?events=log`)).json()) as { events: { message: string }[] };
    expect(page.events.map(({ message }) => message)).toEqual(["new"]);
  });

  test("AC5 what a closed agent still says does not bring the run back", async () => {
    const run = newRun();
    const producer = await agent(run);
    const gone = ask("DELETE", `/api/runs/${run}`);
    for (let n = 0; n < 5; n++) producer.batch([line(`${n}`)]);
    expect((await gone).status).toBe(204);
    await producer.closed;
    expect(await room(run).summary()).toBeNull();
    expect(await listed()).not.toContain(run);
  });

  test("AC5 of a run that is not there answers 404, and sweeps what an earlier try left in the bucket", async () => {
    const run = newRun();
    await BLOBS.put(`runs/${run}/left`, "x");
    expect((await ask("DELETE", `/api/runs/${run}`)).status).toBe(404);
    expect((await BLOBS.list({ prefix: `runs/${run}/` })).objects).toEqual([]);
  });
});
