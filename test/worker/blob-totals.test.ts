import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { BLOB_CLAIM_MS, BLOB_CLAIMS_SETTLED, BLOBS_PER_RUN, BLOBS_PER_RUN_BYTES } from "../../protocol/index.ts";
import type { Env } from "../../worker/env.ts";
import { RunRoom } from "../../worker/run/run-room.ts";
import { BlobTally } from "../../worker/run/storage/blob-tally.ts";
import { RoomStore } from "../../worker/run/storage/store.ts";
import { newRun, room } from "./support/rooms.ts";
import { ask } from "./support/route-attempts.ts";
import { agent } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const { BLOBS } = env as unknown as Env;

/** A picture by its first bytes; each number another. */
function picture(n: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, n]);
}

async function nameOf(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function put(run: string, n: number, name?: string): Promise<Response> {
  const path = `/api/runs/${run}/blobs/${name ?? (await nameOf(picture(n)))}`;
  return ask(path, await token({ role: "agent" }), { method: "PUT", body: picture(n) });
}

async function code(response: Response): Promise<[number, string]> {
  return [response.status, (await response.json<{ error: { code: string } }>()).error.code];
}

type Total = { count: number; bytes: number };

async function total(run: string): Promise<Total> {
  return runInDurableObject(room(run), (_, { storage }) => {
    const { value } = storage.sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'blobs'").one();
    return JSON.parse(value) as Total;
  });
}

async function setTotal(run: string, total: Total): Promise<void> {
  await runInDurableObject(room(run), (_, { storage }) => {
    storage.sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES ('blobs', ?)", JSON.stringify(total));
  });
}

/** All claims of a run that are open were made that much earlier. */
async function age(run: string, ms: number): Promise<void> {
  await runInDurableObject(room(run), (_, { storage }) => void storage.sql.exec("UPDATE blobs SET claimed_at = claimed_at - ?", ms));
}

/** A tally of its own, to play with the clock. */
async function tallyAlone(play: (tally: BlobTally, total: () => Total) => void): Promise<void> {
  await runInDurableObject(room(newRun()), (_, { storage }) => {
    new RoomStore(storage).prepare();
    const total = () => JSON.parse(storage.sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'blobs'").one().value) as Total;
    play(new BlobTally(storage), total);
  });
}

async function tables(run: string): Promise<unknown[]> {
  return runInDurableObject(room(run), (_, { storage }) => storage.sql.exec("SELECT * FROM sqlite_master WHERE name = 'meta'").toArray());
}

const SIZE = picture(0).byteLength;

describe("the blobs of a run", () => {
  test("AC6 are counted once each, however often they come", async () => {
    const run = newRun();
    await agent(run);
    expect([(await put(run, 1)).status, (await put(run, 1)).status, (await put(run, 2)).status]).toEqual([201, 200, 201]);
    expect(await total(run)).toEqual({ count: 2, bytes: 2 * SIZE });
    // The bucket lost it, the tally did not.
    await BLOBS.delete(`runs/${run}/${await nameOf(picture(1))}`);
    expect((await put(run, 1)).status).toBe(201);
    expect(await total(run)).toEqual({ count: 2, bytes: 2 * SIZE });
  });

  test.each([
    ["bytes", { count: 1, bytes: BLOBS_PER_RUN_BYTES - SIZE }],
    ["number", { count: BLOBS_PER_RUN - 1, bytes: 0 }],
  ])("AC6 are bounded in %s: past it a typed error, and what is there stays", async (_, almost) => {
    const run = newRun();
    await agent(run);
    await setTotal(run, almost);
    expect((await put(run, 1)).status).toBe(201);
    expect(await code(await put(run, 2))).toEqual([429, "limit_reached"]);
    expect((await put(run, 1)).status).toBe(200);
    expect(await BLOBS.head(`runs/${run}/${await nameOf(picture(2))}`)).toBeNull();
    const other = newRun();
    await agent(other);
    expect((await put(other, 2)).status).toBe(201);
  });

  test("AC6 one that was not stored takes no room", async () => {
    const run = newRun();
    await agent(run);
    expect(await code(await put(run, 1, "0".repeat(64)))).toEqual([422, "hash_mismatch"]);
    expect(await total(run)).toEqual({ count: 0, bytes: 0 });
  });

  test("AC6 are counted before the first hello, which makes no run of it and keeps the tally", async () => {
    const run = newRun();
    expect((await put(run, 1)).status).toBe(201);
    expect(await room(run).summary()).toBeNull();
    expect(await total(run)).toEqual({ count: 1, bytes: SIZE });
    expect((await agent(run)).ready).toMatchObject({ type: "ready", last_seq: 0 });
    expect(await total(run)).toEqual({ count: 1, bytes: SIZE });
  });

  test("AC6 one whose run is deleted while it is stored is not kept, and leaves no tables", async () => {
    const run = newRun();
    await agent(run);
    const keeps = vi.spyOn(RunRoom.prototype, "keepsBlob").mockImplementationOnce(async function (this: RunRoom, sha256) {
      await this.remove(run);
      return this.keepsBlob(sha256);
    });
    expect(await code(await put(run, 1))).toEqual([503, "restart"]);
    keeps.mockRestore();
    expect(await BLOBS.head(`runs/${run}/${await nameOf(picture(1))}`)).toBeNull();
    expect(await tables(run)).toEqual([]);
  });

  test("AC6 one whose Worker went before it was stored takes no room for longer than an hour", async () => {
    const run = newRun();
    await agent(run);
    expect(await room(run).claimBlob(run, await nameOf(picture(1)), BLOBS_PER_RUN_BYTES)).toMatchObject({ ok: true });
    expect(await code(await put(run, 2))).toEqual([429, "limit_reached"]);
    await age(run, BLOB_CLAIM_MS);
    expect((await put(run, 2)).status).toBe(201);
    expect(await total(run)).toEqual({ count: 1, bytes: SIZE });
  });

  test("AC6 one whose Worker went after it was stored goes on counting", async () => {
    const run = newRun();
    await agent(run);
    const name = await nameOf(picture(1));
    await room(run).claimBlob(run, name, SIZE);
    await BLOBS.put(`runs/${run}/${name}`, picture(1));
    await age(run, BLOB_CLAIM_MS);
    for (const n of [2, 3]) expect((await put(run, n)).status).toBe(201);
    expect(await total(run)).toEqual({ count: 3, bytes: 3 * SIZE });
    await age(run, BLOB_CLAIM_MS);
    await BLOBS.delete(`runs/${run}/${name}`);
    expect((await put(run, 4)).status).toBe(201);
    // What was confirmed is asked about no more.
    expect(await total(run)).toEqual({ count: 4, bytes: 4 * SIZE });
  });

  test("AC6 one that came too late for its claim is not kept, and may come again", async () => {
    const run = newRun();
    await agent(run);
    const keeps = vi.spyOn(RunRoom.prototype, "keepsBlob").mockImplementationOnce(async function (this: RunRoom, sha256) {
      await this.releaseBlob(sha256);
      return this.keepsBlob(sha256);
    });
    expect(await code(await put(run, 1))).toEqual([503, "restart"]);
    keeps.mockRestore();
    expect(await BLOBS.head(`runs/${run}/${await nameOf(picture(1))}`)).toBeNull();
    expect((await put(run, 1)).status).toBe(201);
    expect(await total(run)).toEqual({ count: 1, bytes: SIZE });
  });

  test("AC6 a claim is overdue an hour after it was made, or made again, and never once its blob is stored", async () => {
    await tallyAlone((tally, total) => {
      for (const name of ["gone", "again", "stored"]) tally.claim(name, 10, 1000);
      expect(tally.claim("again", 10, 2000)).toEqual({ ok: true, value: { fresh: false } });
      expect(tally.confirm("stored")).toBe(true);
      expect(tally.overdue(999 + BLOB_CLAIM_MS)).toEqual([]);
      expect(tally.overdue(1000 + BLOB_CLAIM_MS)).toEqual(["gone"]);
      // The bucket was asked meanwhile.
      for (const name of ["gone", "again", "stored", "unknown"]) tally.settle(name, false, 1000 + BLOB_CLAIM_MS);
      expect(total()).toEqual({ count: 2, bytes: 20 });
      expect(tally.confirm("gone")).toBe(false);
      tally.claim("stored", 10, 3000);
      expect(tally.overdue(3000 + BLOB_CLAIM_MS)).toEqual(["again"]);
      for (let n = 0; n < BLOB_CLAIMS_SETTLED; n += 1) tally.claim(`more-${n}`, 1, 4000);
      expect(tally.overdue(4000 + BLOB_CLAIM_MS)).toHaveLength(BLOB_CLAIMS_SETTLED);
    });
  });

  test("AC6 a read of a run that is not there leaves no tables", async () => {
    const run = newRun();
    await ask(`/api/runs/${run}`, await token());
    await ask(`/api/runs/${run}/blobs/${"0".repeat(64)}`, await token());
    expect(await tables(run)).toEqual([]);
  });
});
