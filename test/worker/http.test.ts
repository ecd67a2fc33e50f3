import { SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { evict, newRun } from "./support/rooms.ts";
import { agent, batchedViewer, line, messages } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return SELF.fetch(`https://relay.test${path}`, { headers: { Authorization: `Bearer ${await token({ role: "owner" })}`, ...headers } });
}

async function json<T = Record<string, never>>(path: string): Promise<T> {
  return (await get(path)).json();
}

async function put(
  path: string,
  body: BodyInit,
  role: "agent" | "owner" = "agent",
  headers: Record<string, string> = {},
): Promise<Response> {
  return SELF.fetch(`https://relay.test${path}`, {
    method: "PUT",
    body,
    headers: { Authorization: `Bearer ${await token({ role })}`, ...headers },
  });
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A body whose length nobody says beforehand. */
function chunked(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** The smallest picture: the eight bytes that make a PNG, a header chunk, and text to tell pictures apart. */
function png(text: string): Uint8Array {
  const header = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0,
  ];
  return new Uint8Array([...header, ...new TextEncoder().encode(`\0\0\0\0IDAT${text}`)]);
}

describe("runs", () => {
  test("HTTP lists runs newest first, with what is live asked of the room itself", async () => {
    const [older, newer] = [newRun(), newRun()];
    await agent(older, { run_info: { name: "Older" } });
    const producer = await agent(newer, { run_info: { name: "Newer" } });
    const viewer = await batchedViewer(newer);
    await viewer.nextOf("welcome");
    producer.batch([
      { type: "training_progress", global_step: 7 },
      { type: "training_status", status: "running" },
    ]);
    await producer.nextOf("ack");
    const { runs } = await json<{ runs: { run: string }[] }>("/api/runs");
    const shown = runs.filter(({ run }) => run === older || run === newer);
    expect(shown).toMatchObject([
      { run: newer, name: "Newer", status: "running", viewers: 1, agent_connected: true, progress: { global_step: 7 } },
      { run: older, name: "Older", status: null, viewers: 0, agent_connected: true, progress: null },
    ]);
    expect(shown[0]).toHaveProperty("created_at", expect.stringMatching(/Z$/));
  });

  test("HTTP a run's detail has its snapshot and survives an eviction", async () => {
    const run = newRun();
    const producer = await agent(run, { run_info: { name: "A run", config: { rate: 1 } } });
    producer.batch([
      { type: "training_status", status: "running", phase: "training" },
      { type: "training_progress", loss: "NaN", step: 3 },
    ]);
    await producer.nextOf("ack");
    const before = await json(`/api/runs/${run}`);
    await evict(run);
    const after = await json<Record<string, unknown>>(`/api/runs/${run}`);
    expect(after).toMatchObject({
      run,
      name: "A run",
      last_offset: 3,
      log_id: before.log_id,
      run_info: { name: "A run", config: { rate: 1 } },
      snapshot: { training_progress: { loss: "NaN", offset: 3 }, health: { trainer: { status: "running", phase: "training" } } },
    });
  });

  test("HTTP pages through events in both directions, filtered, without a hole", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch(Array.from({ length: 10 }, (_, i) => line(`${i}`)));
    await producer.nextOf("ack");
    type Page = { events: { type: string }[]; next: number | null };
    const forward: string[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const page: Page = await json<Page>(`/api/runs/${run}/events?events=log&limit=3&after=${after}`);
      forward.push(...messages(page.events));
      after = page.next;
    }
    expect(forward).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
    const backward: string[] = [];
    for (let before: number | null = 9999; before !== null; ) {
      const page: Page = await json<Page>(`/api/runs/${run}/events?events=log&limit=4&before=${before}`);
      backward.unshift(...messages(page.events));
      before = page.next;
    }
    expect(backward).toEqual(forward);
  });

  test("HTTP events come as NDJSON by Accept", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([line("a"), line("b")]);
    await producer.nextOf("ack");
    const response = await get(`/api/runs/${run}/events?after=1`, { Accept: "application/x-ndjson" });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    expect(
      (await response.text())
        .trim()
        .split("\n")
        .map((text) => JSON.parse(text).message),
    ).toEqual(["a", "b"]);
  });

  test.each(["?after=-1", "?limit=many", "?limit=0", "?before=1e9"])("HTTP a bad query is a typed error: %s", async (query) => {
    const run = newRun();
    await agent(run);
    const response = await get(`/api/runs/${run}/events${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "invalid_message", message: expect.any(String) } });
  });

  test("HTTP samples are listed newest first, each also by itself", async () => {
    const run = newRun();
    const producer = await agent(run);
    const sample = (id: string) => ({ type: "sample_generated", sample_id: id, path: `/api/runs/${run}/blobs/x`, step: 1 });
    producer.batch([sample("s1"), sample("s2")]);
    await producer.nextOf("ack");
    producer.batch([sample("s3")], false);
    producer.send({ type: "ping", timestamp: 1 });
    await producer.nextOf("pong");
    const { samples } = await json<{ samples: { sample_id: string }[] }>(`/api/runs/${run}/samples`);
    expect(samples.map((each) => each.sample_id)).toEqual(["s3", "s2", "s1"]);
    type Page = { samples: { sample_id: string }[]; next: number | null };
    const first = await json<Page>(`/api/runs/${run}/samples?limit=2`);
    expect(first.samples.map((each) => each.sample_id)).toEqual(["s3", "s2"]);
    const rest = await json<Page>(`/api/runs/${run}/samples?limit=2&before=${first.next}`);
    expect([rest.samples.map((each) => each.sample_id), rest.next]).toEqual([["s1"], null]);
    for (const query of ["limit=0", "limit=x", "before=-1"]) expect((await get(`/api/runs/${run}/samples?${query}`)).status).toBe(400);
    expect(await json(`/api/runs/${run}/samples/s2`)).toMatchObject({ sample_id: "s2" });
    expect((await get(`/api/runs/${run}/samples/none`)).status).toBe(404);
  });

  test("HTTP GET /ws is the newest run that the token may see", async () => {
    const prefix = newRun();
    await agent(`${prefix}.a`);
    await agent(`${prefix}.b`);
    const response = await SELF.fetch("https://relay.test/ws", {
      headers: { Upgrade: "websocket", Authorization: `Bearer ${await token({ runs: `${prefix}*` })}` },
    });
    const welcome = new Promise<{ run: string }>((resolve) => {
      response.webSocket?.addEventListener("message", (message) => resolve(JSON.parse(message.data as string)));
    });
    response.webSocket?.accept();
    expect((await welcome).run).toBe(`${prefix}.b`);
  });

  test("HTTP the status counts connections by role, frames and errors", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run);
    await viewer.nextOf("welcome");
    viewer.sendRaw("{");
    await viewer.nextOf("error");
    producer.batch([line("1")]);
    await producer.nextOf("ack");
    const status = await json<{ active_connections: number; runs: Record<string, { errors: Record<string, number> }> }>("/api/ws/status");
    expect(status.active_connections).toBeGreaterThanOrEqual(2);
    expect(status.runs[run]).toMatchObject({ connections: { viewer: 1, agent: 1 }, log: { last_offset: 2 }, tail: { events: 0 } });
    expect(Object.values(status.runs[run]?.errors ?? {})).toEqual([1]);
  });
});

describe("blobs", () => {
  test("AC6 a blob is stored once under its hash, typed by its content, immutable", async () => {
    const run = newRun();
    const bytes = png("one");
    const hash = await sha256(bytes);
    const path = `/api/runs/${run}/blobs/${hash}`;
    const stored = await put(path, bytes, "agent", { "content-type": "text/html" });
    expect(stored.status).toBe(201);
    expect(await stored.json()).toEqual({ path, sha256: hash, size: bytes.byteLength, media_type: "image/png" });
    expect((await put(path, bytes)).status).toBe(200);
    const read = await get(path);
    expect(new Uint8Array(await read.arrayBuffer())).toEqual(bytes);
    expect(read.headers.get("content-type")).toBe("image/png");
    expect(read.headers.get("cache-control")).toContain("immutable");
    expect(read.headers.get("content-security-policy")).toContain("sandbox");
    expect((await get(path, { "If-None-Match": read.headers.get("etag") ?? "" })).status).toBe(304);
  });

  test.each([
    ["bytes=0-3", 206, "bytes 0-3/", 4],
    ["bytes=-5", 206, "bytes ", 5],
    ["bytes=10-", 206, "bytes 10-", null],
    ["bytes=99999-", 416, "bytes */", null],
    ["lines=1-2", 200, null, null],
  ])("HTTP a range is answered as a player asks: %s", async (range, status, contentRange, length) => {
    const run = newRun();
    const bytes = png("range");
    const path = `/api/runs/${run}/blobs/${await sha256(bytes)}`;
    await put(path, bytes);
    const response = await get(path, { Range: range });
    expect(response.status).toBe(status);
    if (contentRange !== null) expect(response.headers.get("content-range")).toContain(contentRange);
    const body = await response.arrayBuffer();
    if (length !== null) expect(body.byteLength).toBe(length);
  });

  test("AC6 refuses another hash, a type that can hold a script, no length, and other roles", async () => {
    const run = newRun();
    const bytes = png("two");
    const wrong = `/api/runs/${run}/blobs/${"0".repeat(64)}`;
    expect((await put(wrong, bytes)).status).toBe(422);
    expect((await get(wrong)).status).toBe(404);
    const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
    expect((await put(`/api/runs/${run}/blobs/${await sha256(svg)}`, svg)).status).toBe(415);
    expect((await put(wrong, chunked(bytes))).status).toBe(411);
    expect((await put(wrong, bytes, "owner")).status).toBe(403);
    expect((await put(`/api/runs/${run}/blobs/XYZ`, bytes)).status).toBe(404);
  });
});
