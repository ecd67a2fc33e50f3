import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";
import { type Burst, startBurst } from "./support/burst-process.ts";
import { markOf } from "./support/ledger.ts";
import { healed, judge, seat } from "./support/scene.ts";
import { newestOf, type Viewer } from "./support/viewers.ts";
import { type Frame, startWire, type Wire } from "./support/wire.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

const TIMES = 3;

type Batch = { first_seq: number; events: { type: string }[] };
const lastSeq = (frame: Frame) => {
  const { first_seq, events } = JSON.parse(frame.text) as Batch;
  return first_seq + events.length - 1;
};
const lastNumber = (frame: Frame) => markOf((JSON.parse(frame.text) as Batch).events.at(-1) ?? { type: "none" })?.n ?? 0;
const ackedSeq = (frame: Frame) => (JSON.parse(frame.text) as { seq: number }).seq;

/** Lets everything pass until the cut is to be made. @returns the moment of the cut, by `performance.now()` */
type Cut = (wire: Wire, viewers: readonly Viewer[]) => Promise<number>;

const passAll = (wire: Wire) => {
  wire.up = ({ text }, pass) => pass(text);
  wire.down = ({ text }, pass) => pass(text);
};
const cutNow = (wire: Wire) => {
  const at = performance.now();
  wire.cut();
  passAll(wire);
  return at;
};

/** A batch does not come through. */
const onTheWay: Cut = (wire) =>
  new Promise((resolve) => {
    wire.up = (frame, pass) => {
      if (frame.type === "batch") resolve(cutNow(wire));
      else pass(frame.text);
    };
  });

/** Viewers have the batch, and no chunk does: the room has acknowledged the one before it a moment ago, and stores once a second. */
const beforeCommit: Cut = async (wire, viewers) => {
  let acked = 0;
  let justStored = false;
  let last: Frame | null = null;
  let behind: (() => void)[] = [];
  wire.down = (frame, pass) => {
    if (frame.type === "ack") acked = Math.max(acked, ackedSeq(frame));
    justStored ||= frame.type === "ack";
    pass(frame.text);
  };
  wire.up = (frame, pass) => {
    if (last !== null) {
      behind.push(() => pass(frame.text));
      return;
    }
    if (frame.type === "batch" && justStored) last = frame;
    pass(frame.text);
  };
  for (;;) {
    const frame: Frame = await until(() => last, { what: "a batch after an ack" });
    await until(() => viewers.every((viewer) => newestOf(viewer, "main") >= lastNumber(frame)), { what: "the batch at the viewers" });
    if (acked < lastSeq(frame)) return cutNow(wire);
    // A second has passed on the way here, and the room has stored it: another one.
    justStored = false;
    last = null;
    for (const pass of behind) pass();
    behind = [];
  }
};

/** The batch is stored, and the agent is not told. */
const beforeAck: Cut = (wire) =>
  new Promise((resolve) => {
    wire.down = (frame, pass) => {
      if (frame.type === "ack") resolve(cutNow(wire));
      else pass(frame.text);
    };
  });

/** The agent is told, and then the link is gone. */
const afterAck: Cut = (wire) =>
  new Promise((resolve) => {
    wire.down = (frame, pass) => {
      pass(frame.text);
      if (frame.type === "ack") setImmediate(() => resolve(cutNow(wire)));
    };
  });

/** Produces all the time, and cuts a few times. */
async function cutting(burst: Burst, wire: Wire, viewers: readonly Viewer[], cut: Cut): Promise<number> {
  const heals: number[] = [];
  burst.produce({ at_once: 5, every_ms: 10 });
  for (let time = 0; time < TIMES; time += 1) {
    const connections = wire.connections();
    const fault = await cut(wire, viewers);
    heals.push(await healed(viewers, fault, "main", burst.produced() + 1));
    expect(wire.connections()).toBeGreaterThan(connections);
  }
  return Math.max(...heals);
}

describe.concurrent("the agent's socket is cut", () => {
  test.each([
    ["PR2 with a batch on its way", "socket cut with a batch on its way", onTheWay],
    ["PR3 before the commit, when viewers have what is not stored", "socket cut before commit", beforeCommit],
    ["PR2 after the commit, before its ack", "socket cut after commit, before ack", beforeAck],
    ["PR2 after the ack", "socket cut after ack", afterAck],
  ])("%s", async (_, fault, cut) => {
    const run = fault.replaceAll(/\W+/g, "-");
    const wire = await startWire(relay.ws);
    const burst = await startBurst(relay, run, { at: wire.url });
    const viewers = await seat(relay, run);
    const heal_ms = await cutting(burst, wire, viewers, cut);
    await judge({ fault: `${fault}, ${TIMES} times`, relay, run, produced: await burst.finish(), viewers, heal_ms });
  });
});

describe.concurrent("frames of the agent", () => {
  test("PR2 that come twice, both ways, are taken once", async () => {
    const run = "twice";
    const wire = await startWire(relay.ws);
    const twice = { up: 0, down: 0 };
    for (const way of ["up", "down"] as const) {
      wire[way] = ({ text }, pass) => {
        pass(text);
        pass(text);
        twice[way] += 1;
      };
    }
    const burst = await startBurst(relay, run, { at: wire.url });
    const viewers = await seat(relay, run);
    burst.produce();
    await until(() => burst.produced() >= 500, { what: "events" });
    const produced = await burst.finish();
    expect(Math.min(twice.up, twice.down)).toBeGreaterThan(3);
    const note = `${twice.up + twice.down} frames`;
    await judge({ fault: "every frame of the agent's link twice", relay, run, produced, viewers, heal_ms: null, note });
  });

  test("PR2 that come in another order: the gap is answered, and the agent sends again from there", async () => {
    const run = "swapped";
    const wire = await startWire(relay.ws);
    let held: (() => void) | null = null;
    let batches = 0;
    const gaps: number[] = [];
    wire.up = ({ type, text }, pass) => {
      if (type !== "batch") return pass(text);
      batches += 1;
      // Of every three batches the first two change places.
      if (batches % 3 === 1) held = () => pass(text);
      else {
        pass(text);
        held?.();
        held = null;
      }
    };
    wire.down = ({ text }, pass) => {
      const message = JSON.parse(text) as { code?: string };
      if (message.code === "sequence_gap") gaps.push(performance.now());
      pass(text);
    };
    const burst = await startBurst(relay, run, { at: wire.url });
    const viewers = await seat(relay, run);
    burst.produce();
    const first = await until(() => gaps[0], { what: "a gap" });
    const heal_ms = await healed(viewers, first, "main", burst.produced() + 1);
    await until(() => gaps.length >= 5, { what: "more gaps" });
    // The last batch of all has none to change places with: it comes late, as a frame does that is not lost.
    wire.up = ({ text }, pass) => pass(text);
    (held as (() => void) | null)?.();
    const produced = await burst.finish();
    const note = `${gaps.length} gaps answered`;
    await judge({ fault: "batches in another order", relay, run, produced, viewers, heal_ms, note });
  });
});
