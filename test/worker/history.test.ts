import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { type AnyEvent, HISTORY_OPEN_BYTES, HISTORY_OPEN_MS, HISTORY_POINTS_MAX, type RunMetrics } from "../../protocol/index.ts";
import type { Room } from "../../worker/run/room.ts";
import { alone, evict, newRun, room } from "./support/rooms.ts";
import { ask } from "./support/route-attempts.ts";
import { agent, line } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const STARTED = Date.parse("2026-11-01T00:00:00.000Z");

function metrics(steps: number[], series: Record<string, unknown[]>): AnyEvent {
  return { type: "metrics", timestamp: "2026-11-01T00:00:00.000Z", steps, series };
}

async function get(run: string, query = ""): Promise<Response> {
  return ask(`/api/runs/${run}/metrics${query}`, await token({ role: "viewer" }));
}

async function curves(run: string, query = ""): Promise<RunMetrics["series"]> {
  const response = await get(run, query);
  expect(response.status).toBe(200);
  return (await response.json<RunMetrics>()).series;
}

/** A loss with a peak that no other point comes near. */
function lossAt(step: number): number {
  return step === 12_345 ? 1e6 : Math.sin(step) + 100 / (step + 1);
}

/** A long run's batches, a hundred steps each with as much of other events as makes it be sealed several times. */
function train(woken: Room, from: number, to: number): void {
  for (let step = from; step < to; step += 100) {
    const steps = Array.from({ length: 100 }, (_, i) => step + i);
    const now = STARTED + step * 100;
    woken.core.log.append([metrics(steps, { loss: steps.map(lossAt), lr: steps.map(() => 1e-4) }), line("x".repeat(40_000))], now);
    if (woken.core.log.chunkDue(true, now)) woken.core.log.storeTail(now);
  }
}

async function rowsOf(run: string, table: string): Promise<number> {
  return runInDurableObject(
    room(run),
    (_, { storage }) => storage.sql.exec<{ rows: number }>(`SELECT COUNT(*) AS rows FROM ${table}`).one().rows,
  );
}

/** Takes as much of the log as trimming may: what is sealed. */
async function trimLog(run: string): Promise<void> {
  await runInDurableObject(room(run), (_, { storage }) => {
    storage.sql.exec("DELETE FROM chunks WHERE last_offset <= (SELECT MAX(through) FROM history)");
  });
  await evict(run);
}

describe("GET /api/runs/:run/metrics", () => {
  test("HTTP a short run is answered point by point, in step order, with what is no number by its name", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([metrics([1, 2, 3], { "loss/train_step": [0.5, "NaN", "-Infinity"], lr: [null, 0.1, null] })]);
    producer.batch([line("between"), metrics([5, 4], { "loss/train_step": [0.3, 0.4] })]);
    await producer.nextOf("ack");
    await producer.nextOf("ack");
    const expected = {
      "loss/train_step": {
        steps: [1, 2, 3, 4, 5],
        min: [0.5, null, "-Infinity", 0.4, 0.3],
        max: [0.5, null, "-Infinity", 0.4, 0.3],
        last: [0.5, "NaN", "-Infinity", 0.4, 0.3],
        nan: [0, 1, 0, 0, 0],
      },
      lr: { steps: [2], min: [0.1], max: [0.1], last: [0.1], nan: [0] },
    };
    const lr = { ...expected.lr, times: [STARTED], segment: [0] };
    expect(await curves(run)).toMatchObject({ ...expected, lr });
    await evict(run);
    expect(await curves(run)).toMatchObject({ ...expected, lr });
    expect(Object.keys(await curves(run, "?keys=lr&keys=no%20such"))).toEqual(["lr"]);
    expect(await curves(run, "?keys=loss/train_step&from=3&to=4")).toMatchObject({ "loss/train_step": { steps: [3, 4] } });
  });

  test("HTTP more points than asked for become buckets with their least, greatest, last and count of NaN", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([metrics([1, 2, 3, 4, 5, 6], { loss: [5, 1, 3, "NaN", "NaN", "NaN"] })]);
    await producer.nextOf("ack");
    expect(await curves(run, "?points=2")).toMatchObject({
      loss: { steps: [3, 6], min: [1, null], max: [5, null], last: [3, "NaN"], nan: [0, 3] },
    });
  });

  test("HTTP points that no chunk has yet are in the answer, and those sent again after a crash are there once", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([metrics([1], { loss: [0.1] })]);
    await producer.nextOf("ack");
    producer.batch([metrics([2], { loss: [0.2] })], false);
    await expect.poll(async () => (await curves(run)).loss?.steps).toEqual([1, 2]);
    await evict(run, "close");
    const again = await agent(run, { next_seq: 2, sent_seq: 2 });
    again.batch([metrics([2], { loss: [0.2] }), metrics([3], { loss: [0.3] })]);
    again.send({ type: "batch", first_seq: 2, events: [metrics([2], { loss: [0.2] })], flush: true });
    await again.nextOf("ack");
    await again.nextOf("ack");
    expect((await curves(run)).loss?.steps).toEqual([1, 2, 3]);
  });

  test("HTTP a training that was resumed into the run is a segment of its own, on the log and sealed", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([metrics([1, 2, 3, 4], { loss: [4, 3, 2, 1] })]);
    await producer.nextOf("ack");
    const resumed = await agent(run, { life: "resumed" });
    resumed.batch([metrics([3, 4, 5], { loss: [2.5, 1.5, 0.5] })]);
    await resumed.nextOf("ack");
    const both = { steps: [1, 2, 3, 3, 4, 4, 5], last: [4, 3, 2, 2.5, 1, 1.5, 0.5], segment: [0, 0, 0, 1, 0, 1, 1] };
    const answer = await (await get(run)).json<RunMetrics>();
    expect(answer.series.loss).toMatchObject(both);
    expect(answer.segments).toMatchObject([
      { index: 0, step: 1 },
      { index: 1, step: 3 },
    ]);
    await alone(run, STARTED, (woken) => {
      const { log } = woken.core;
      for (let n = 0; n < 60; n += 1) log.append([line("x".repeat(40_000))], STARTED + 1000);
      log.storeTail(STARTED + 2000);
    });
    await trimLog(run);
    expect(await rowsOf(run, "history")).toBeGreaterThan(0);
    expect((await curves(run)).loss).toMatchObject(both);
  });

  test("HTTP an answer is compressed for who takes that", async () => {
    const run = newRun();
    await agent(run);
    const response = await ask(`/api/runs/${run}/metrics`, await token({ role: "viewer" }), { headers: { "Accept-Encoding": "gzip" } });
    expect([response.headers.get("content-encoding"), response.headers.get("vary")]).toEqual([
      "gzip",
      expect.stringContaining("Accept-Encoding"),
    ]);
    expect((await get(run)).headers.get("content-encoding")).toBeNull();
  });

  test("HTTP as CSV it has a header and a line an entry, with names that hold a comma quoted", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([metrics([1, 2], { 'a "b", c': ["NaN", "Infinity"], loss: [1, 0.5] })]);
    await producer.nextOf("ack");
    const response = await get(run, "?format=csv");
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(await response.text()).toBe(
      [
        "series,step,min,max,last,nan,time,segment",
        '"a ""b"", c",1,,,NaN,1,2026-11-01T00:00:00.000Z,0',
        '"a ""b"", c",2,Infinity,Infinity,Infinity,0,2026-11-01T00:00:00.000Z,0',
        "loss,1,1,1,1,0,2026-11-01T00:00:00.000Z,0",
        "loss,2,0.5,0.5,0.5,0,2026-11-01T00:00:00.000Z,0",
        "",
      ].join("\r\n"),
    );
  });

  test.each([
    ["points=0", "points"],
    [`points=${HISTORY_POINTS_MAX + 1}`, "points"],
    ["points=many", "points"],
    ["from=-1", "from"],
    ["to=1.5", "to"],
    ["from=2&to=1", "to"],
    ["keys=", "keys"],
    [`keys=${"k".repeat(201)}`, "keys"],
    ["format=xml", "format"],
  ])("HTTP a bad query is a typed error that names the parameter: %s", async (query, named) => {
    const run = newRun();
    await agent(run);
    const response = await get(run, `?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "invalid_message", message: expect.stringContaining(named) } });
  });

  test("HTTP a run that there is not has no curves, and one without points has none either", async () => {
    expect((await get(newRun())).status).toBe(404);
    const run = newRun();
    await agent(run);
    expect(await curves(run)).toEqual({});
  });
});

describe("the history", () => {
  test("HTTP the whole curve outlives the log: no point is lost, none is there twice, and zooming in is exact", async () => {
    const run = newRun();
    await agent(run);
    await alone(run, STARTED, (woken) => train(woken, 0, 20_000));
    await evict(run);
    const whole = await curves(run, "?points=500");
    expect(await rowsOf(run, "history")).toBeGreaterThanOrEqual(3);
    const chunks = await rowsOf(run, "chunks");
    await trimLog(run);
    expect(await rowsOf(run, "chunks")).toBeLessThan(chunks / 2);
    expect(await curves(run, "?points=500")).toEqual(whole);
    expect(whole.loss?.max).toContain(1e6);

    const steps = Array.from({ length: 700 }, (_, i) => 12_000 + i);
    const zoomed = await curves(run, "?keys=loss&from=12000&to=12699");
    expect(zoomed.loss).toMatchObject({ steps, last: steps.map(lossAt), min: steps.map(lossAt), max: steps.map(lossAt) });
    const all = await curves(run, "?keys=loss&points=10000&from=0&to=9999");
    expect(all.loss?.last).toEqual(Array.from({ length: 10_000 }, (_, i) => lossAt(i)));
  });

  test("HTTP wherever the room is taken out of memory the curve is the same", async () => {
    const [asleep, awake] = [newRun(), newRun()];
    await agent(asleep);
    await agent(awake);
    await alone(awake, STARTED, (woken) => train(woken, 0, 8000));
    for (let step = 0; step < 8000; step += 800) await alone(asleep, STARTED, (woken) => train(woken, step, step + 800));
    await evict(asleep);
    await evict(awake);
    expect(await rowsOf(asleep, "history")).toBe(await rowsOf(awake, "history"));
    for (const query of ["", "?points=37", "?points=10000&from=4000"]) {
      expect(await curves(asleep, query)).toEqual(await curves(awake, query));
    }
  });

  test("HTTP a run that is resumed further back keeps both lines, in step order", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([metrics([1, 2, 3, 4], { loss: [1, 2, 3, 4] }), metrics([3, 4, 5], { loss: [30, 40, 50] })]);
    await producer.nextOf("ack");
    expect(await curves(run)).toMatchObject({ loss: { steps: [1, 2, 3, 3, 4, 4, 5], last: [1, 2, 3, 30, 4, 40, 50] } });
    expect(await curves(run, "?points=5")).toMatchObject({
      loss: { steps: [1, 2, 3, 4, 5], min: [1, 2, 3, 4, 50], max: [1, 2, 30, 40, 50], last: [1, 2, 30, 40, 50] },
    });
  });

  test("PR3 a day of ten steps a second adds few hundred rows, one each 2 MiB of log, and none to what a chunk costs", async () => {
    const run = newRun();
    await agent(run);
    const before = await rowsOf(run, "history");
    await alone(run, STARTED, (woken) => {
      const bytes = woken.core.store.chunks.bytesEver();
      train(woken, 0, 10_000);
      const sealed = Math.floor((woken.core.store.chunks.bytesEver() - bytes) / HISTORY_OPEN_BYTES);
      expect(sealed).toBeGreaterThan(0);
      expect(woken.core.store.history.sealed().log_bytes).toBeGreaterThan(bytes + (sealed - 1) * HISTORY_OPEN_BYTES);
    });
    const added = (await rowsOf(run, "history")) - before;
    expect(added).toBeGreaterThan(0);
    expect(added).toBeLessThanOrEqual(4);
  });

  test("VW3 points of a slow run are sealed by age, long before the log is trimmed", async () => {
    const run = newRun();
    await agent(run);
    await alone(run, STARTED, ({ core: { log } }) => {
      for (let day = 0; day < 30; day++) {
        const now = STARTED + day * HISTORY_OPEN_MS;
        log.append([metrics([day], { loss: [day] }), line("x".repeat(130_000))], now);
        log.storeTail(now);
      }
      expect(log.oldestOffset).toBeGreaterThan(40);
    });
    await evict(run);
    expect((await curves(run)).loss?.steps).toEqual(Array.from({ length: 30 }, (_, day) => day));
  });
});
