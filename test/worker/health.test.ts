import { describe, expect, test } from "vitest";
import { healthOf } from "../../worker/run/health.ts";
import { judgeLink } from "../../worker/run/producer/agent-link.ts";
import { EMPTY_STATE } from "../../worker/run/snapshot.ts";
import { alone, evict, newRun, room } from "./support/rooms.ts";
import { agent, batchedViewer, line } from "./support/sockets.ts";

const S = 1000;

describe("the agent's link", () => {
  test("HL2 a socket that closed has ten seconds to come back, a silent one until a minute after its last word", () => {
    const gone = { kind: "gone", since: 0, noticed_at: 0, reason: "the connection was lost" } as const;
    expect(judgeLink(gone, true, 9 * S)).toEqual({ kind: "wait", until: 10 * S });
    expect(judgeLink(gone, true, 10 * S)).toMatchObject({ kind: "offline", since: 0 });
    const silent = { kind: "open", last_heard: 0 } as const;
    expect(judgeLink(silent, true, 54 * S)).toMatchObject({ kind: "wait" });
    expect(judgeLink(silent, true, 59 * S)).toMatchObject({ kind: "offline", since: 0 });
  });

  test("HL2 nothing is said twice, and a room whose agent is known to be gone sleeps", () => {
    expect(judgeLink({ kind: "gone", since: 0, noticed_at: 0, reason: "the connection was lost" }, false, 3600 * S)).toEqual({
      kind: "nothing",
    });
    expect(judgeLink({ kind: "open", last_heard: 0 }, false, 3600 * S)).toMatchObject({ kind: "wait" });
  });

  test("HL2 offline is said since when and why, never that anything crashed, and is taken back when the agent returns", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([{ type: "training_status", status: "running" }, line("1")]);
    await producer.nextOf("ack");
    await evict(run, "close");
    await alone(run, 1e12, (woken) => {
      woken.wake(1e12 + 10 * S);
      const told = woken.core.log.state.agent_status;
      expect(told).toMatchObject({ connected: false, since: expect.stringMatching(/Z$/), reason: expect.any(String) });
      expect(JSON.stringify(told)).not.toContain("crash");
      expect(woken.snapshot().health).toMatchObject({ agent: { connected: false }, trainer: { status: "running" } });
    });
    await evict(run, "close");
    const back = await agent(run, { next_seq: 3, sent_seq: 2 });
    const viewer = await batchedViewer(run, "?events=agent_status");
    expect(await viewer.next()).toMatchObject({ snapshot: { health: { agent: { connected: true } } } });
    expect(((await viewer.next()).events as { connected: boolean }[]).map((event) => event.connected)).toEqual([true, false, true]);
    back.close();
  });

  test("HL1 the trainer's process and its progress are as the agent said, for as long as it is there to take it back", () => {
    const link = { connected: true, since: null, last_heard: null };
    const told = (process: object, progress: object, connected = true) =>
      healthOf(
        {
          ...EMPTY_STATE,
          training_health: { type: "training_health", process, progress },
          agent_status: { type: "agent_status", connected },
        },
        link,
      );
    const alive = { state: "alive", pid: 4711, exit_code: null, signal: null };
    const stalled = {
      state: "stalled",
      since: "2026-11-25T00:00:00.000Z",
      phase: "training",
      usual_s: 0.8,
      threshold_s: 30,
      reason: "no step",
    };
    expect(told(alive, stalled)).toMatchObject({ process: alive, progress: stalled });
    expect(told(alive, stalled, false)).toMatchObject({ process: { state: "unknown", pid: 4711 }, progress: { state: "unknown" } });
    const exited = { state: "exited", pid: 4711, exit_code: null, signal: "SIGKILL" };
    expect(told(exited, { state: "over" }, false)).toMatchObject({ process: exited, progress: { state: "over" } });
    expect(healthOf(EMPTY_STATE, link)).toMatchObject({ process: { state: "unknown", pid: null }, progress: { state: "unknown" } });
    expect(told([], { state: 7 } as object)).toMatchObject({ process: { state: "unknown" }, progress: { state: "unknown" } });
  });

  test("HL1 the latency told is without the difference of two clocks, also after a hibernation; what clocks that agree show is latency", async () => {
    const latency = async (run: string) => JSON.parse((await room(run).status()) ?? "{}").latency_ms as number;
    const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
    for (const [clock, late, least] of [
      [3600 * S, 0, 0],
      [-3600 * S, 0, 0],
      [0, 20 * S, 20 * S],
    ] as const) {
      const run = newRun();
      const producer = await agent(run, { timestamp: ago(clock) });
      for (const evicted of [false, true]) {
        if (evicted) await evict(run);
        producer.batch([{ ...line("1"), timestamp: ago(clock + late) }]);
        await producer.nextOf("ack");
        expect(await latency(run)).toBeGreaterThanOrEqual(least - S);
        expect(await latency(run)).toBeLessThan(least + 30 * S);
      }
    }
  });

  test("HL3 who watches is counted from live sockets, also after a hibernation", async () => {
    const run = newRun();
    await agent(run);
    const first = await batchedViewer(run);
    const second = await batchedViewer(run);
    expect(await second.nextOf("welcome")).toMatchObject({ snapshot: { viewers: { count: 2, names: ["tester"] } } });
    await evict(run);
    expect(JSON.parse((await room(run).summary()) ?? "{}")).toMatchObject({ viewers: 2, agent_connected: true });
    first.close();
    await first.closed;
    expect(JSON.parse((await room(run).summary()) ?? "{}")).toMatchObject({ viewers: 1 });
  });
});
