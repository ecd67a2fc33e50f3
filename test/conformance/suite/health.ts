import assert from "node:assert/strict";
import { runDetail, runList, type StoredEvent } from "../../../protocol/index.ts";
import { until } from "../../support/until.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { lines, status } from "../support/events.ts";

async function detail(at: Context) {
  return runDetail.parse((await at.http(`/api/runs/${at.run}`, "viewer")).json);
}

async function links(at: Context): Promise<StoredEvent[]> {
  return (await at.log()).filter((event) => event.type === "agent_status");
}

/** HL1–HL3: what is alive is told, and nothing more. */
export const health = [
  conform("HL1 the agent's link and the trainer's state are told apart: one may be gone while the other is well", async (at) => {
    const producer = await at.producer();
    await producer.store([status("running", { phase: "training" })]);
    const alive = (await at.viewer("?replay=0")).welcome.snapshot.health;
    assert.partialDeepStrictEqual(alive, { agent: { connected: true }, trainer: { status: "running", phase: "training", error: null } });
    assert.ok(!Number.isNaN(Date.parse(alive.agent.since ?? "")) && !Number.isNaN(Date.parse(alive.agent.last_heard ?? "")));
    producer.cut();
    await until(async () => (await detail(at)).agent_connected === false, {
      what: "the agent's link to be seen as gone",
      timeout_ms: 20_000,
    });
    assert.partialDeepStrictEqual((await detail(at)).snapshot.health, { agent: { connected: false }, trainer: { status: "running" } });
    const back = await at.producer({ next_seq: 2, sent_seq: 1 });
    await back.store([status("error", { error: "exited with code 3" })]);
    assert.partialDeepStrictEqual((await detail(at)).snapshot.health, {
      agent: { connected: true },
      trainer: { status: "error", error: "exited with code 3" },
    });
  }),

  conform("HL2 a run's first hello is told by agent_status, and a return in time is not", async (at) => {
    const producer = await at.producer();
    assert.deepEqual(
      (await links(at)).map((event) => event.connected),
      [true],
    );
    producer.cut();
    const back = await at.producer({ next_seq: 1 });
    await back.store(lines(1));
    assert.deepEqual(
      (await links(at)).map((event) => event.connected),
      [true],
    );
  }),

  ...(["cut", "close"] as const).map((end) =>
    conform(`HL2 an agent that is gone (${end}) is told after ten seconds, as offline and never as crashed, and taken back`, async (at) => {
      const producer = await at.producer();
      await producer.store([status("running")]);
      const viewer = await at.viewer("?events=agent_status,training_status&replay=0");
      const before = Date.now();
      producer[end]();
      const gone = await viewer.nextEvent(({ type }) => type === "agent_status", 60_000);
      assert.equal(gone.connected, false);
      assert.ok(Date.now() - before > 5_000, "it had ten seconds to come back");
      assert.ok(typeof gone.reason === "string" && gone.reason.length > 0);
      assert.doesNotMatch(JSON.stringify(gone), /crash/i);
      assert.ok(!Number.isNaN(Date.parse(String(gone.since))) && !Number.isNaN(Date.parse(String(gone.last_heard))));
      assert.partialDeepStrictEqual((await detail(at)).snapshot, {
        agent_status: { connected: false },
        training_status: { status: "running" },
      });
      const back = await at.producer({ next_seq: 2, sent_seq: 1 });
      const healed = await viewer.nextEvent(({ type }) => type === "agent_status");
      assert.equal(healed.connected, true);
      await back.store(lines(1));
      assert.deepEqual(
        (await links(at)).map((event) => event.connected),
        [true, false, true],
      );
    }),
  ),

  conform(
    "HL2 an agent that says nothing on an open socket is told within a minute, and taken back with its next word",
    async (at) => {
      // A minute of silence.
      const producer = await at.producer();
      const viewer = await at.viewer("?events=agent_status&replay=0");
      const last = Date.now();
      const silent = await viewer.nextEvent(() => true, 90_000);
      assert.equal(silent.connected, false);
      assert.ok(Date.now() - last < 70_000, `${Date.now() - last} ms after its last word`);
      await producer.store(lines(1));
      assert.equal((await viewer.nextEvent(() => true)).connected, true);
    },
    { slow: true },
  ),

  conform(
    "HL2 keep-alives are words: an agent that sends nothing else for more than a minute is not offline",
    async (at) => {
      // Longer than the silence that would be told.
      const producer = await at.producer();
      const viewer = await at.viewer("?events=agent_status&replay=0");
      const timer = setInterval(() => producer.sendRaw('{"type":"keepalive"}'), 10_000);
      const heard = await viewer.nextEvent(() => true, 75_000).catch(() => null);
      clearInterval(timer);
      assert.equal(heard, null);
    },
    { slow: true },
  ),

  conform("HL3 who is watching is counted from live sockets: connections, and the names once each", async (at) => {
    await at.producer();
    const ada = await at.viewer("?replay=0", { sub: "Ada" });
    const tab = await at.viewer("?replay=0", { sub: "Ada", mode: "plain" });
    const bob = await at.viewer("?replay=0", { sub: "Bob", role: "operator" });
    assert.deepEqual(bob.welcome.snapshot.viewers, { count: 3, names: ["Ada", "Bob"] });
    assert.equal((await detail(at)).viewers, 3);
    ada.close();
    await ada.closed;
    await until(async () => (await detail(at)).viewers === 2, { what: "two viewers", timeout_ms: 20_000 });
    tab.cut();
    await until(async () => (await detail(at)).viewers === 1, { what: "one viewer, after a line broke", timeout_ms: 20_000 });
    assert.deepEqual((await detail(at)).snapshot.viewers, { count: 1, names: ["Bob"] });
  }),

  conform("HL3 the list of runs counts the same viewers, and the agent is none of them", async (at) => {
    await at.producer();
    await at.viewer("?replay=0");
    const { runs } = runList.parse((await at.http("/api/runs", "viewer")).json);
    assert.partialDeepStrictEqual(runs, [{ run: at.run, viewers: 1, agent_connected: true }]);
  }),
];
