import assert from "node:assert/strict";
import { conform } from "../support/case.ts";
import { bulky, line, lines, messages, range, status, withoutHole } from "../support/events.ts";
import { eventsOf } from "../support/viewer.ts";

/** VW3: recovery is all or nothing. */
export const resume = [
  conform("VW3 a good position: recovered, and every later event without a hole", async (at) => {
    const producer = await at.producer();
    const first = await at.viewer("?replay=0");
    const { log_id, last_offset: base } = first.welcome;
    await producer.store(lines(5));
    producer.batch(lines(2, 5), false);
    await first.readTo(base + 7);
    const viewer = await at.viewer(`?since=${log_id}:${base + 2}`);
    assert.partialDeepStrictEqual(viewer.welcome, { recovered: true, log_id, last_offset: base + 7 });
    withoutHole(await viewer.readTo(base + 7), base + 3, base + 7);
    producer.batch([line("live")]);
    withoutHole(await viewer.readTo(base + 8), base + 8, base + 8);
  }),

  conform("VW3 the present end is a good position, and nothing is sent again", async (at) => {
    const producer = await at.producer();
    await producer.store(lines(3));
    const first = await at.viewer("?replay=0");
    const viewer = await at.viewer(`?since=${first.welcome.log_id}:${first.welcome.last_offset}`);
    assert.equal(viewer.welcome.recovered, true);
    assert.deepEqual(eventsOf(await viewer.upToPong()), []);
  }),

  conform("VW3 position 0 is before the first event: the whole run follows while nothing was trimmed", async (at) => {
    const producer = await at.producer();
    await producer.store(lines(3));
    const { welcome } = await at.viewer("?replay=0");
    const viewer = await at.viewer(`?since=${welcome.log_id}:0`);
    assert.equal(viewer.welcome.recovered, true);
    withoutHole(await viewer.readTo(welcome.last_offset), 1, welcome.last_offset);
  }),

  conform("VW3 a recovered viewer gets all that it has missed, however many", async (at) => {
    const producer = await at.producer();
    const { welcome } = await at.viewer("?replay=0");
    await producer.store(lines(1500));
    const last = welcome.last_offset + 1500;
    const viewer = await at.viewer(`?since=${welcome.log_id}:${welcome.last_offset}&replay=5`);
    assert.equal(viewer.welcome.recovered, true);
    withoutHole(await viewer.readTo(last, true), welcome.last_offset + 1, last);
  }),

  conform("VW3 a plain viewer resumes too", async (at) => {
    const producer = await at.producer();
    const { welcome } = await at.viewer("?replay=0");
    await producer.store(lines(4));
    const viewer = await at.viewer(`?events=*&since=${welcome.log_id}:${welcome.last_offset + 1}`, { mode: "plain" });
    assert.equal(viewer.welcome.recovered, true);
    withoutHole(await viewer.readTo(welcome.last_offset + 4), welcome.last_offset + 2, welcome.last_offset + 4);
  }),

  conform("VW3 a position just past the end is good, and what comes again is not sent to that viewer twice", async (at) => {
    const producer = await at.producer();
    const { welcome } = await at.viewer("?replay=0");
    const base = welcome.last_offset;
    for (const mode of ["runcast.v1.json", "plain"] as const) {
      const run = await at.viewer(`?events=*&since=${welcome.log_id}:${base + 2}`, { mode });
      assert.partialDeepStrictEqual(run.welcome, { recovered: true, last_offset: base });
      assert.deepEqual(eventsOf(await run.upToPong()), []);
      if (mode === "plain") {
        producer.batch(lines(2));
        producer.batch(lines(2, 2));
        withoutHole(await run.readTo(base + 4), base + 3, base + 4);
      }
    }
  }),

  ...(
    [
      [10_000, true],
      [10_001, false],
    ] as const
  ).map(([ahead, recovered]) =>
    conform(`VW3 a position ${ahead} past the end is ${recovered ? "good" : "not"}`, async (at) => {
      await at.producer();
      const { welcome } = await at.viewer("?replay=0");
      const viewer = await at.viewer(`?since=${welcome.log_id}:${welcome.last_offset + ahead}`);
      assert.equal(viewer.welcome.recovered, recovered);
    }),
  ),

  ...[
    "nonsense",
    "",
    ":",
    "1",
    "LOG",
    "LOG:",
    ":1",
    "LOG:-1",
    "LOG:1.5",
    "LOG:1e3",
    "LOG:x",
    "no-such-log:1",
    "LOG:99999999999999999999",
  ].map((since) =>
    conform(`VW3 a position that makes no sense is never called recovered: "${since}"`, async (at) => {
      const producer = await at.producer();
      await producer.store(lines(2));
      const { welcome } = await at.viewer("?replay=0");
      const viewer = await at.viewer(`?since=${encodeURIComponent(since.replace("LOG", welcome.log_id))}`);
      assert.equal(viewer.welcome.recovered, false);
      assert.deepEqual(messages(await viewer.readTo(welcome.last_offset)), ["0", "1"]);
    }),
  ),

  conform("VW3 a position under an older log_id is good before the first offset of the next, and not from there on", async (at) => {
    const older = await at.producer();
    const first = await at.viewer("?replay=0");
    const { log_id, last_offset: base } = first.welcome;
    await older.store(lines(3));
    const newer = await at.producer({ life: "life-2" });
    const renumbered = await first.nextOf("renumbered");
    assert.equal(renumbered.from, base + 4);
    await newer.store(lines(3, 3));
    for (const [offset, recovered] of [
      [base, true],
      [base + 3, true],
      [base + 4, false],
      [base + 5, false],
    ] as const) {
      const viewer = await at.viewer(`?since=${log_id}:${offset}`);
      assert.partialDeepStrictEqual(viewer.welcome, { recovered, log_id: renumbered.log_id }, `${offset - base} events into the older log`);
      const from = recovered ? offset + 1 : 1;
      withoutHole(await viewer.readTo(base + 6), from, base + 6);
    }
  }),

  conform("VW3 without a position: the newest 500 events, and recovered is false", async (at) => {
    const producer = await at.producer();
    await producer.store(lines(700));
    const viewer = await at.viewer();
    const last = viewer.welcome.last_offset;
    assert.equal(viewer.welcome.recovered, false);
    withoutHole(await viewer.readTo(last), last - 499, last);
  }),

  conform("VW3 ?replay=N asks for fewer, and never gets more than 500", async (at) => {
    const producer = await at.producer();
    await producer.store(lines(600));
    const counts = new Map([
      [0, 0],
      [1, 1],
      [499, 499],
      [10_000, 500],
    ]);
    for (const [replay, count] of counts) {
      const viewer = await at.viewer(`?replay=${replay}`);
      const events = eventsOf(await viewer.upToPong());
      withoutHole(events, viewer.welcome.last_offset - count + 1, viewer.welcome.last_offset);
    }
  }),

  conform("VW3 ?replay=N counts as well for a viewer whose position is not good", async (at) => {
    const producer = await at.producer();
    await producer.store(lines(10));
    const viewer = await at.viewer("?since=no-such-log:1&replay=3");
    assert.equal(viewer.welcome.recovered, false);
    assert.deepEqual(messages(await viewer.readTo(viewer.welcome.last_offset)), ["7", "8", "9"]);
  }),

  conform("VW3 a replay holds at most 256 KiB", async (at) => {
    const producer = await at.producer();
    await producer.store(range(1, 100).map((n) => bulky(10_000, n)));
    const viewer = await at.viewer();
    const events = eventsOf(await viewer.upToPong());
    const bytes = events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
    assert.ok(bytes <= 256 * 1024, `${bytes} bytes`);
    assert.ok(bytes > 200 * 1024, `only ${bytes} bytes, though there is more`);
    withoutHole(events, viewer.welcome.last_offset - events.length + 1, viewer.welcome.last_offset);
  }),

  conform("VW3 the bounds of a replay count after the filter", async (at) => {
    const producer = await at.producer();
    await producer.store([status("starting"), status("running"), ...lines(600), ...range(1, 40).map((n) => bulky(10_000, n))]);
    const viewer = await at.viewer("?events=training_status&replay=2");
    const events = await viewer.readTo(viewer.welcome.last_offset);
    assert.deepEqual(
      events.map((event) => event.status),
      ["starting", "running"],
    );
  }),

  conform("VW3 a later subscribe replays nothing", async (at) => {
    const producer = await at.producer();
    await producer.store(lines(3));
    const viewer = await at.viewer("", { mode: "plain" });
    viewer.send({ type: "subscribe", events: ["log"] });
    assert.deepEqual(
      (await viewer.upToPong()).map((frame) => frame.type),
      ["subscribed"],
    );
  }),

  conform("VW3 the snapshot is the run's present state: the newest of each kind, with its offset", async (at) => {
    const producer = await at.producer({ run_info: { name: "A run", trainer: "conformance", config: { rate: 0.5 } } });
    const sample = (n: number) => ({ type: "sample_generated", sample_id: `s${n}`, path: `/api/runs/${at.run}/blobs/x`, step: n });
    await producer.store([
      status("starting"),
      { type: "training_progress", step: 1, global_step: 1 },
      { type: "training_progress", step: 2, global_step: 2, loss: 0.25 },
      { type: "system_stats", cpu_percent: 12.5 },
      { type: "sample_progress", step: 3, max_step: 20 },
      { type: "validation_result", step: 2, validation_loss: 0.5, label: "a" },
      sample(1),
      sample(2),
      status("running", { phase: "training" }),
    ]);
    const { snapshot } = (await at.viewer("?replay=0")).welcome;
    assert.partialDeepStrictEqual(snapshot, {
      training_status: { status: "running", phase: "training" },
      training_progress: { global_step: 2, loss: 0.25 },
      system_stats: { cpu_percent: 12.5 },
      sample_progress: { step: 3, max_step: 20 },
      validation_result: { validation_loss: 0.5, label: "a" },
      run_info: { type: "run_info", name: "A run", config: { rate: 0.5 } },
      agent_status: { connected: true },
      commands: [],
      viewers: { count: 1 },
      health: { agent: { connected: true }, trainer: { status: "running", phase: "training", error: null } },
    });
    assert.deepEqual(
      snapshot.samples.map((event) => event.sample_id),
      ["s1", "s2"],
    );
    assert.equal(typeof snapshot.training_progress?.offset, "number");
  }),

  conform("VW3 oldest_offset and last_offset are the ends of the log, in welcome as over HTTP", async (at) => {
    const producer = await at.producer();
    await producer.store(lines(3));
    const { welcome } = await at.viewer("?replay=0");
    const { json } = await at.http(`/api/runs/${at.run}`, "viewer");
    const log = await at.log();
    assert.partialDeepStrictEqual(json, { log_id: welcome.log_id, oldest_offset: 1, last_offset: welcome.last_offset });
    assert.equal(welcome.oldest_offset, 1);
    withoutHole(log, 1, welcome.last_offset);
  }),

  conform(
    "VW3 a position whose events were trimmed is not called recovered",
    async (at) => {
      // The replay log keeps 64 MiB: more than that has to be written.
      const producer = await at.producer();
      const { welcome } = await at.viewer("?replay=0");
      for (let n = 0; n < 24; n++) await producer.store(range(1, 3).map((each) => bulky(1_000_000, n * 3 + each)));
      const { welcome: now } = await at.viewer("?replay=0");
      assert.ok(now.oldest_offset > welcome.last_offset + 1, "72 MB are more than is kept");
      const gone = await at.viewer(`?since=${welcome.log_id}:${welcome.last_offset}`);
      assert.equal(gone.welcome.recovered, false);
      const edge = await at.viewer(`?since=${welcome.log_id}:${now.oldest_offset - 1}`);
      assert.equal(edge.welcome.recovered, true);
      const before = await at.viewer(`?since=${welcome.log_id}:${now.oldest_offset - 2}`);
      assert.equal(before.welcome.recovered, false);
    },
    { slow: true },
  ),
];
