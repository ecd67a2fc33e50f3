import { runInDurableObject, SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { BLOBS_PER_RUN, BLOBS_PER_RUN_BYTES } from "../../protocol/index.ts";
import { newRun, room } from "./support/rooms.ts";
import { agent } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const GIF = "GIF89a";

async function put(run: string, text: string, name?: string): Promise<Response> {
  const bytes = new TextEncoder().encode(GIF + text);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = name ?? [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const headers = { authorization: `Bearer ${await token({ role: "agent" })}` };
  return SELF.fetch(`https://relay.test/api/runs/${run}/blobs/${sha256}`, { method: "PUT", headers, body: bytes });
}

/** What the room has counted. */
async function held(run: string): Promise<unknown> {
  const status = (await room(run).status()) ?? "{}";
  return (JSON.parse(status) as { blobs?: unknown }).blobs;
}

/** As if so much was stored before. */
async function fill(run: string, query: string, ...bindings: (string | number)[]): Promise<void> {
  await runInDurableObject(room(run), (_, state) => void state.storage.sql.exec(query, ...bindings).toArray());
}

describe("the blobs of a run", () => {
  test("AC6 are counted once each, told by the room, and not where they were not stored", async () => {
    const run = newRun();
    // Before the agent's hello, too; which makes no run.
    expect((await put(run, "one")).status).toBe(201);
    expect(await room(run).summary()).toBeNull();
    await agent(run);
    expect((await put(run, "one")).status).toBe(200);
    expect((await put(run, "two")).status).toBe(201);
    expect((await put(run, "bad", "0".repeat(64))).status).toBe(422);
    expect(await held(run)).toEqual({ count: 2, bytes: 18, bytes_max: BLOBS_PER_RUN_BYTES });
  });

  test("AC6 past the bytes or the number of a run are refused with a typed error; another run takes them", async () => {
    const [large, many, other] = [newRun(), newRun(), newRun()];
    for (const run of [large, many, other]) expect((await put(run, "first")).status).toBe(201);
    await fill(large, "INSERT INTO blobs VALUES ('x', ?)", BLOBS_PER_RUN_BYTES - 20);
    const rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO blobs SELECT 'x' || i, 1 FROM n";
    await fill(many, rows, BLOBS_PER_RUN - 1);
    for (const run of [large, many]) {
      const refused = await put(run, "one more");
      expect([refused.status, await refused.json()]).toMatchObject([429, { error: { code: "limit_reached" } }]);
      // What is there already may come again.
      expect((await put(run, "first")).status).toBe(200);
    }
    expect((await put(other, "one more")).status).toBe(201);
  });
});
