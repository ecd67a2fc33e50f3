import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { REVOCATIONS_MAX, type RunDetail, type ShareMade } from "../../protocol/index.ts";
import type { Env } from "../../worker/env.ts";
import { fill, inDirectory } from "./support/directory.ts";
import { evict, newRun } from "./support/rooms.ts";
import { ask } from "./support/route-attempts.ts";
import { agent, line, messages, openAs } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const { BLOBS } = env as unknown as Env;

async function remove(run: string): Promise<Response> {
  return ask(`/api/runs/${run}`, await token({ role: "owner" }), { method: "DELETE" });
}

async function code(response: Response): Promise<[number, string]> {
  return [response.status, (await response.json<{ error: { code: string } }>()).error.code];
}

async function listed(): Promise<string[]> {
  const { runs } = await (await ask("/api/runs", await token())).json<{ runs: { run: string }[] }>();
  return runs.map(({ run }) => run);
}

async function stored(run: string): Promise<string[]> {
  const { events } = await (await ask(`/api/runs/${run}/events`, await token())).json<{ events: unknown[] }>();
  return messages(events);
}

/** A run with something in its log. */
async function begin(run: string) {
  const producer = await agent(run);
  producer.batch([line(`of ${run}`)]);
  await producer.nextOf("ack");
  return producer;
}

async function keep(run: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => BLOBS.put(`runs/${run}/${n}`, "x")));
}

async function kept(run: string): Promise<number> {
  return (await BLOBS.list({ prefix: `runs/${run}/` })).objects.length;
}

async function share(run: string): Promise<ShareMade> {
  const body = JSON.stringify({ role: "viewer", expires_in: 60 });
  return (await ask(`/api/runs/${run}/share`, await token({ role: "owner" }), { method: "POST", body })).json<ShareMade>();
}

describe("a deleted run", () => {
  test.each(["awake", "hibernated"])("AC5 ends with all its sockets, by 4104, and no other run's: %s", async (state) => {
    const [run, other] = [newRun(), newRun()];
    const silent = await openAs(run, "agent", { role: "agent" });
    const sockets = [await begin(run), silent];
    for (const mode of ["plain", "runcast.v1.json", "runcast.v1.proto"] as const) sockets.push(await openAs(run, mode, {}));
    await begin(other);
    const untouched = await openAs(other, "plain", {});
    if (state === "hibernated") await evict(run);
    expect((await remove(run)).status).toBe(204);
    expect((await Promise.all(sockets.map(({ closed }) => closed))).map(({ code }) => code)).toEqual(sockets.map(() => 4104));
    untouched.send({ type: "ping", timestamp: "still here" });
    expect(await untouched.nextOf("pong")).toMatchObject({ client_timestamp: "still here" });
    expect(await stored(other)).toEqual([`of ${other}`]);
  });

  test("AC5 is not there any more, at no door and in no list, also when its room wakes again", async () => {
    const [run, other] = [newRun(), newRun()];
    for (const each of [run, other]) await begin(each);
    expect(await listed()).toEqual(expect.arrayContaining([run, other]));
    expect((await remove(run)).status).toBe(204);
    for (const _ of ["awake", "woken"]) {
      for (const path of ["", "/events", "/samples", "/commands", "/share"]) {
        expect([path, ...(await code(await ask(`/api/runs/${run}${path}`, await token({ role: "owner" }))))]).toEqual([
          path,
          404,
          "run_not_found",
        ]);
      }
      const upgrade = await ask(`/runs/${run}/ws`, await token(), { headers: { Upgrade: "websocket" } });
      expect(await code(upgrade)).toEqual([404, "run_not_found"]);
      expect(await listed()).not.toContain(run);
      await evict(run);
    }
    expect(await listed()).toContain(other);
  });

  test("AC5 loses its blobs, more than a page of them, and those of a run whose name it begins stay", async () => {
    const run = newRun();
    const longer = `${run}-2`;
    await begin(run);
    await keep(run, 1001);
    await keep(longer, 1);
    expect((await remove(run)).status).toBe(204);
    expect([await kept(run), await kept(longer)]).toEqual([0, 1]);
  });

  test("AC5 is deleted once; again sweeps what the first time left", async () => {
    const run = newRun();
    await begin(run);
    expect((await remove(run)).status).toBe(204);
    await keep(run, 1);
    await inDirectory((sql) => sql.exec("INSERT INTO runs (run, created_at, summary) VALUES (?, '9', '{}')", run));
    expect(await code(await remove(run))).toEqual([404, "run_not_found"]);
    expect(await kept(run)).toBe(0);
    expect(await inDirectory((sql) => sql.exec("SELECT run FROM runs WHERE run = ?", run).toArray())).toEqual([]);
  });

  test("AC5 takes its links along, also where no more can be revoked, and a new run of its id knows nothing of it", async () => {
    const run = newRun();
    await begin(run);
    const link = await share(run);
    const before = await (await ask(`/api/runs/${run}`, link.token)).json<RunDetail>();
    await inDirectory((sql) => fill(sql, "revoked", REVOCATIONS_MAX, `'filled-' || n, '["*"]', 4102444800`));
    expect((await remove(run)).status).toBe(204);
    await inDirectory((sql) => sql.exec("DELETE FROM revoked WHERE jti LIKE 'filled-%'"));
    const producer = await agent(run, { life: "another" });
    expect(producer.ready).toMatchObject({ last_seq: 0 });
    producer.batch([line("anew")]);
    await producer.nextOf("ack");
    expect(await stored(run)).toEqual(["anew"]);
    const after = await (await ask(`/api/runs/${run}`, await token())).json<RunDetail>();
    expect(after.log_id).not.toBe(before.log_id);
    expect(await listed()).toContain(run);
    expect(await code(await ask(`/api/runs/${run}`, link.token))).toEqual([401, "token_revoked"]);
    const { shares } = await (await ask(`/api/runs/${run}/share`, await token({ role: "owner" }))).json<{ shares: unknown[] }>();
    expect(shares).toEqual([]);
  });

  test("AC5 what its producer still sends begins no run", async () => {
    const run = newRun();
    const producer = await begin(run);
    const removed = remove(run);
    const hello = { type: "hello", protocol: 1, life: "life-1", next_seq: 2, sent_seq: 1, agent: { name: "test", version: "0" } };
    for (let n = 0; n < 50; n += 1) producer.send(hello);
    expect((await removed).status).toBe(204);
    await producer.closed;
    expect((await ask(`/api/runs/${run}`, await token())).status).toBe(404);
  });
});
