import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { parseRelay } from "../../agent/config/relay.ts";
import { openSpool } from "../../agent/spool/spool.ts";
import { createUplink } from "../../agent/uplink/uplink.ts";
import { AGENT_FRAME_MAX, type AnyEvent } from "../../protocol/index.ts";
import { eventsOfTick } from "../agent/support/training.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { until } from "../support/until.ts";

let relay: Relay;
const folder = temporaryFolder();
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
  folder.remove();
});

/** @returns every event of a run, as the relay keeps them */
async function stored(run: string): Promise<AnyEvent[]> {
  const events: AnyEvent[] = [];
  const headers = { Authorization: `Bearer ${await relay.token("viewer", run)}` };
  for (let after: number | null = 0; after !== null; ) {
    const response: Response = await fetch(`${relay.url}/api/runs/${run}/events?limit=1000&after=${after}`, { headers });
    const page = (await response.json()) as { events: AnyEvent[]; next: number | null };
    events.push(...page.events);
    after = page.next;
  }
  return events;
}

describe("compressed frames, through the real relay", () => {
  test("PR4 a backlog of compressed batches is stored as it was", async () => {
    const run = "backlog";
    const opened = openSpool(join(folder.path, "run.db"));
    const address = parseRelay(relay.url);
    if (!opened.ok || !address) throw new Error("no spool, or no relay");
    const { spool } = opened;
    const events = Array.from({ length: 3000 }, (_, tick) => eventsOfTick(tick)).flat();
    spool.transaction(() => {
      for (const event of events) spool.add(event);
    });
    const uplink = createUplink({
      relay: address,
      run,
      credentials: { kind: "token", token: await relay.token("agent", run) },
      spool,
      agent: { name: "test", version: "0" },
      runInfo: () => null,
      say: () => undefined,
      onCommand: () => undefined,
      onLive: () => undefined,
      onChange: () => undefined,
    });
    uplink.start();
    await until(() => uplink.outcome() === "done", { what: "all acks", timeout_ms: 60_000 });
    uplink.close();
    spool.destroy();
    const kept = (await stored(run)).filter(({ type }) => type !== "agent_status");
    expect(kept.map(({ offset: _, ...event }) => event)).toEqual(events);
  });

  test("AC6 the limit of a frame is one of what it holds, however small it is on the wire", async () => {
    const token = await relay.token("agent", "bomb");
    const socket = new WebSocket(`${relay.ws}/runs/bomb/agent`, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: true });
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send(JSON.stringify({ type: "hello", protocol: 1, life: "l", next_seq: 1, sent_seq: 0, agent: { name: "test", version: "0" } }));
    await new Promise((resolve) => socket.once("message", resolve));
    socket.send(JSON.stringify({ type: "batch", first_seq: 1, events: [{ type: "x", filling: "0".repeat(AGENT_FRAME_MAX) }] }));
    expect(await closed).toBe(1009);
  });
});
