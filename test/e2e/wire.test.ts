import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { agentTokens } from "../../agent/uplink/credentials.ts";
import { AGENT_FRAME_MAX } from "../../protocol/index.ts";
import { spoolForTest } from "../agent/support/spool.ts";
import { eventsOfTick } from "../agent/support/training.ts";
import { uplinkTo } from "../agent/support/uplink.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";
import { allEvents } from "./support/events.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

describe("compressed frames, through the real relay", () => {
  test("PR4 a backlog of compressed batches is stored as it was", async () => {
    const run = "backlog";
    const spool = spoolForTest();
    const events = Array.from({ length: 3000 }, (_, tick) => eventsOfTick(tick)).flat();
    spool.transaction(() => {
      for (const event of events) spool.add(event);
    });
    const uplink = uplinkTo(relay.url, spool, {
      run,
      tokens: agentTokens({ kind: "token", token: await relay.token("agent", run) }, run),
    });
    await until(() => uplink.outcome() === "done", { what: "all acks", timeout_ms: 60_000 });
    const kept = (await allEvents(relay, run)).filter(({ type }) => type !== "agent_status");
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
