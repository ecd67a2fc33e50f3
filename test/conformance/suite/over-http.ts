import assert from "node:assert/strict";
import { type AnyEvent, eventPage, runDetail, runList, runMetrics, sampleList } from "../../../protocol/index.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { line, lines, messages, status } from "../support/events.ts";
import { ask, refused } from "../support/http.ts";

async function page(at: Context, query: string) {
  const answer = await at.http(`/api/runs/${at.run}/events${query}`, "viewer");
  assert.equal(answer.status, 200, answer.text);
  return eventPage.parse(answer.json);
}

async function curves(at: Context, query: string) {
  const answer = await at.http(`/api/runs/${at.run}/metrics${query}`, "viewer");
  assert.equal(answer.status, 200, answer.text);
  return runMetrics.parse(answer.json);
}

/** What PROTOCOL and the design say of HTTP alone; and EV2, which holds wherever a number travels. */
export const overHttp = [
  conform("HTTP a run in the list, and by itself with its snapshot and the ends of its log", async (at) => {
    const producer = await at.producer({ run_info: { name: "A name" } });
    await producer.store([status("running", { phase: "training" }), { type: "training_progress", step: 3, global_step: 3, max_step: 10 }]);
    const { runs } = runList.parse((await at.http("/api/runs", "viewer")).json);
    const shown = { run: at.run, name: "A name", status: "running", viewers: 0, agent_connected: true };
    assert.partialDeepStrictEqual(runs, [{ ...shown, progress: { global_step: 3, max_step: 10 } }]);
    const run = runs[0];
    assert.ok(Date.parse(run?.created_at ?? "") <= Date.parse(run?.updated_at ?? ""));
    const detail = runDetail.parse((await at.http(`/api/runs/${at.run}`, "viewer")).json);
    assert.partialDeepStrictEqual(detail, { ...shown, created_at: run?.created_at, oldest_offset: 1, last_offset: 3 });
    assert.partialDeepStrictEqual(detail, {
      run_info: { name: "A name" },
      snapshot: { training_status: { status: "running", offset: 2 } },
    });
    assert.ok(detail.log_id.length > 0);
  }),

  conform("HTTP events page forward from an offset, without a hole, to the end", async (at) => {
    const producer = await at.producer();
    await producer.store(lines(10));
    const found: AnyEvent[] = [];
    const sizes: number[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const { events, next } = await page(at, `?after=${after}&limit=4`);
      found.push(...events);
      sizes.push(events.length);
      assert.notEqual(next, after, "a page that leads to itself");
      after = next;
    }
    assert.deepEqual(
      found.map((event) => event.offset),
      Array.from({ length: 11 }, (_, n) => n + 1),
    );
    assert.deepEqual(sizes, [4, 4, 3]);
  }),

  conform("HTTP events page backward from an offset, each page oldest first, with a filter", async (at) => {
    const producer = await at.producer();
    await producer.store(Array.from({ length: 10 }, (_, n) => [line(`${n}`), status("running", { message: `${n}` })]).flat());
    const pages: string[][] = [];
    for (let before: number | null = 999_999; before !== null; ) {
      const { events, next } = await page(at, `?before=${before}&limit=4&events=log`);
      pages.push(messages(events));
      before = next;
    }
    assert.deepEqual(pages, [
      ["6", "7", "8", "9"],
      ["2", "3", "4", "5"],
      ["0", "1"],
    ]);
  }),

  conform("HTTP events between two offsets, both left out", async (at) => {
    const producer = await at.producer();
    await producer.store(lines(10));
    const { events } = await page(at, "?after=3&before=7");
    assert.deepEqual(
      events.map((event) => event.offset),
      [4, 5, 6],
    );
  }),

  conform("HTTP events as NDJSON by Accept: an event a line, the same ones", async (at) => {
    const producer = await at.producer();
    await producer.store([line("a\nb"), line("ü ✓")]);
    const answer = await at.http(`/api/runs/${at.run}/events`, "viewer", { headers: { Accept: "application/x-ndjson" } });
    assert.match(answer.headers.get("content-type") ?? "", /^application\/x-ndjson/);
    assert.ok(answer.text.endsWith("\n"));
    const rows = answer.text
      .trimEnd()
      .split("\n")
      .map((row) => JSON.parse(row) as AnyEvent);
    assert.deepEqual(rows, (await page(at, "")).events);
  }),

  ...["?after=-1", "?after=x", "?limit=many", "?before=1e9", "?limit=1.5", `?events=${"n".repeat(65)}`].map((query) =>
    conform(`HTTP a query that makes no sense is a typed error: ${query.slice(0, 20)}`, async (at) => {
      await at.producer();
      refused(await at.http(`/api/runs/${at.run}/events${query}`, "viewer"), 400, "invalid_message");
    }),
  ),

  conform("HTTP samples are listed newest first, and each stands by itself", async (at) => {
    const producer = await at.producer();
    const sample = (n: number) => ({
      type: "sample_generated",
      sample_id: `s${n}`,
      path: `/api/runs/${at.run}/blobs/x`,
      step: n,
      prompt: "a cat",
    });
    await producer.store(Array.from({ length: 15 }, (_, n) => sample(n)));
    producer.batch([sample(15)], false);
    await producer.upToPong();
    const { samples } = sampleList.parse((await at.http(`/api/runs/${at.run}/samples`, "viewer")).json);
    assert.deepEqual(
      samples.map((each) => each.step),
      Array.from({ length: 16 }, (_, n) => 15 - n),
    );
    for (const n of [0, 15]) {
      assert.partialDeepStrictEqual((await at.http(`/api/runs/${at.run}/samples/s${n}`, "viewer")).json, { sample_id: `s${n}`, step: n });
    }
    refused(await at.http(`/api/runs/${at.run}/samples/none`, "viewer"), 404, "not_found");
  }),

  conform("HTTP metrics are exact where the run has no more points than were asked for, NaN told beside them", async (at) => {
    const producer = await at.producer();
    await producer.store([
      { type: "metrics", steps: [1, 2, 3], series: { "loss/train": [3, "NaN", 1], lr: [0.5, null, 0.25] } },
      { type: "metrics", steps: [4], series: { "loss/train": ["Infinity"] } },
    ]);
    assert.partialDeepStrictEqual((await curves(at, "")).series, {
      "loss/train": {
        steps: [1, 2, 3, 4],
        min: [3, null, 1, "Infinity"],
        max: [3, null, 1, "Infinity"],
        last: [3, "NaN", 1, "Infinity"],
        nan: [0, 1, 0, 0],
      },
      lr: { steps: [1, 3], min: [0.5, 0.25], max: [0.5, 0.25], last: [0.5, 0.25] },
    });
    assert.deepEqual(Object.keys((await curves(at, "?keys=lr&from=2&to=3")).series), ["lr"]);
    assert.deepEqual((await curves(at, "?keys=lr&from=2&to=3")).series.lr?.steps, [3]);
  }),

  conform("HTTP metrics of more points than were asked for keep the least and the greatest of all", async (at) => {
    const producer = await at.producer();
    const steps = Array.from({ length: 2000 }, (_, n) => n + 1);
    const values = steps.map((step) => (step === 777 ? -9 : step === 1234 ? 99 : step % 10));
    await producer.store([{ type: "metrics", steps, series: { wave: values } }]);
    const wave = (await curves(at, "?points=50")).series.wave;
    assert.ok(wave && wave.steps.length > 0 && wave.steps.length <= 50, `${wave?.steps.length} points`);
    assert.deepEqual(
      wave.steps,
      wave.steps.toSorted((a, b) => a - b),
    );
    assert.deepEqual([Math.min(...wave.min.map(Number)), Math.max(...wave.max.map(Number))], [-9, 99]);
    for (const query of ["?points=0", "?points=10001", "?from=x", "?from=9&to=3"]) {
      refused(await at.http(`/api/runs/${at.run}/metrics${query}`, "viewer"), 400, "invalid_message");
    }
  }),

  conform("HTTP /api/ws/status counts connections by role, frames, bytes and errors, for each run", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    await at.viewer("?replay=0", { role: "operator" });
    await producer.store([status("running"), ...lines(3)]);
    viewer.sendRaw("{");
    await viewer.upToPong();
    const { json } = await at.http("/api/ws/status", "viewer");
    assert.partialDeepStrictEqual(json, {
      active_connections: 3,
      training_state: "running",
      runs: { [at.run]: { connections: { viewer: 1, operator: 1, agent: 1, owner: 0 }, errors: { [viewer.welcome.client_id]: 1 } } },
    });
    const figures = (json as { runs: Record<string, Record<string, unknown>> }).runs[at.run];
    for (const name of ["received", "sent"]) {
      const flow = figures?.[name] as Record<string, unknown>;
      for (const figure of ["frames_per_second", "bytes_per_second"]) assert.equal(typeof flow[figure], "number", `${name}.${figure}`);
      assert.ok((flow.frames as number) > 0);
    }
    for (const name of ["tail", "log", "agent", "largest_frame_bytes", "latency_ms"])
      assert.ok(figures && name in figures, `${name} is missing`);
  }),

  conform("HTTP an address under /api that there is not is a typed 404, and the page answers for the rest", async (at) => {
    refused(await at.http("/api/no-such-thing", "viewer"), 404, "not_found");
    refused(await at.http(`/api/runs/${at.run}/no-such-thing`, "viewer"), 404, "not_found");
    const healthz = await ask(`${at.target.url}/healthz`);
    assert.deepEqual([healthz.status, healthz.json], [200, { ok: true }]);
  }),

  conform("HTTP what is said of a run is not kept by caches", async (at) => {
    await at.producer();
    for (const path of [`/api/runs/${at.run}`, `/api/runs/${at.run}/events`]) {
      assert.match((await at.http(path, "viewer")).headers.get("cache-control") ?? "", /no-store/, path);
    }
  }),

  conform("EV2 NaN and the infinities survive every path, and null stays null", async (at) => {
    const producer = await at.producer();
    const viewers = [await at.viewer("?replay=0"), await at.viewer("?events=*&replay=0", { mode: "plain" })];
    const progress = {
      type: "training_progress",
      global_step: 1,
      loss: "NaN",
      smooth_loss: "Infinity",
      learning_rate: "-Infinity",
      eta_seconds: null,
    };
    const series = { loss: ["NaN", null, 1.5], other: ["Infinity", "-Infinity", -0.25] };
    await producer.store([progress, { type: "metrics", steps: [1, 2, 3], series }]);
    const base = viewers[0]?.welcome.last_offset ?? 0;
    for (const viewer of viewers) {
      const [first, second] = await viewer.readTo(base + 2);
      assert.partialDeepStrictEqual(first, progress);
      assert.deepEqual(second?.series, series);
    }
    const log = await at.log();
    assert.partialDeepStrictEqual(log.at(-2), progress);
    assert.deepEqual(log.at(-1)?.series, series);
    assert.partialDeepStrictEqual((await at.viewer("?replay=0")).welcome.snapshot.training_progress, progress);
  }),

  conform("EV2 numbers keep every digit that they have", async (at) => {
    const producer = await at.producer();
    const values = [0.1, 1e-308, 5e-324, 1.7976931348623157e308, -0.30000000000000004, 9_007_199_254_740_991];
    await producer.store([{ type: "metrics", steps: values.map((_, n) => n), series: { exact: values } }]);
    assert.deepEqual((await at.log()).at(-1)?.series, { exact: values });
  }),

  conform("EV7 what nobody knows yet passes through unharmed: types, and fields of known types", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    const unknown = {
      type: "a_type_of_tomorrow",
      timestamp: "2026-11-01T00:00:00.000Z",
      deep: { list: [1, null, "x", { y: [] }] },
      text: '\u0000\u2028 ✓ \\ "',
    };
    const known = { type: "log", timestamp: "2026-11-01T00:00:00.001Z", level: "info", message: "m", not_yet: { known: true } };
    await producer.store([unknown, known]);
    const events = await viewer.readTo(viewer.welcome.last_offset + 2);
    assert.deepEqual(
      events,
      [unknown, known].map((event, n) => ({ ...event, offset: viewer.welcome.last_offset + 1 + n })),
    );
  }),
];
