import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { evict, newRun, room } from "./support/rooms.ts";
import { agent, batchedViewer, line } from "./support/sockets.ts";

/** When the room wants to be woken, in milliseconds from now; null for never. */
async function alarmIn(run: string): Promise<number | null> {
  return runInDurableObject(room(run), async (_, state) => {
    const at = await state.storage.getAlarm();
    return at === null ? null : at - Date.now();
  });
}

describe("a room that slept", () => {
  test("PR5 an agent that was told to be lively is told when the last viewer leaves, though the room slept meanwhile", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run);
    expect(await producer.nextOf("demand")).toMatchObject({ mode: "live" });
    await evict(run);
    viewer.close();
    expect(await producer.nextOf("demand")).toMatchObject({ mode: "idle" });
  });

  test("PR5 a room that wakes with the same viewers says nothing", async () => {
    const run = newRun();
    const producer = await agent(run);
    await batchedViewer(run);
    expect(await producer.nextOf("demand")).toMatchObject({ mode: "live" });
    await evict(run);
    producer.batch([line("1")]);
    expect(await producer.next()).toMatchObject({ type: "ack", seq: 1 });
  });

  test("HL2 an agent that goes while the room sleeps is missed after ten seconds all the same", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([line("1")]);
    await producer.nextOf("ack");
    expect(await alarmIn(run)).toBeGreaterThan(20_000);
    await evict(run);
    producer.close();
    await vi.waitFor(async () => expect((await alarmIn(run)) ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(10_000), 5000);
    expect(JSON.parse((await room(run).summary()) ?? "{}")).toMatchObject({ agent_connected: false });
  });

  test("HL2 an agent whose last word was a ping is not called silent by a room that slept since", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([line("1")]);
    await producer.nextOf("ack");
    // As if the events were long ago.
    await runInDurableObject(room(run), (_, state) => void state.storage.sql.exec("UPDATE chunks SET stored_at = 1000"));
    await evict(run);
    producer.send({ type: "ping", timestamp: 1 });
    await producer.nextOf("pong");
    await evict(run);
    await runInDurableObject(room(run), (instance) => instance.alarm());
    const viewer = await batchedViewer(run, "?events=agent_status");
    const { snapshot } = await viewer.nextOf("welcome");
    expect(snapshot).toMatchObject({ agent_status: { connected: true }, health: { agent: { connected: true } } });
  });
});
