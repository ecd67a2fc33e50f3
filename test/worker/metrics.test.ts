import { describe, expect, test } from "vitest";
import { STATUS_RUNS_MAX } from "../../protocol/index.ts";
import { type Family, openMetrics } from "../../worker/status/open-metrics.ts";
import { readOpenMetrics } from "./support/open-metrics.ts";
import { newRun } from "./support/rooms.ts";
import { ask } from "./support/route-attempts.ts";
import { agent, batchedViewer, line } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const gauge = (samples: Family["samples"], more: Partial<Family> = {}): Family => ({
  name: "a_gauge",
  type: "gauge",
  help: "A help.",
  samples,
  ...more,
});

async function scrape() {
  const response = await ask("/metrics", await token({ role: "owner" }));
  expect(response.status).toBe(200);
  // workerd's log would warn of text() for a type that does not begin with `text/`.
  return readOpenMetrics(new TextDecoder().decode(await response.arrayBuffer()));
}
type Scraped = Awaited<ReturnType<typeof scrape>>;

/** @returns a run's samples of a family, by what their other label says */
function samplesOf(scraped: Scraped, run: string, name: string): Record<string, number> {
  const samples = scraped.get(name)?.samples.filter(({ labels }) => labels.run === run) ?? [];
  return Object.fromEntries(samples.map(({ labels: { run: _, ...others }, value }) => [Object.values(others).join(), value]));
}
const figure = (scraped: Scraped, run: string, name: string) => samplesOf(scraped, run, name)[""];

describe("the text", () => {
  test("HTTP OpenMetrics has type, unit and help before a family's samples, and an end", () => {
    const families: Family[] = [
      { name: "sent_bytes", type: "counter", unit: "bytes", help: "Sent.", samples: [{ labels: { run: "a", to: "b" }, value: 3 }] },
      gauge([{ value: 0.5 }]),
      gauge([], { name: "empty" }),
    ];
    expect(openMetrics(families).split("\n")).toEqual([
      "# TYPE sent_bytes counter",
      "# UNIT sent_bytes bytes",
      "# HELP sent_bytes Sent.",
      'sent_bytes_total{run="a",to="b"} 3',
      "# TYPE a_gauge gauge",
      "# HELP a_gauge A help.",
      "a_gauge 0.5",
      "# EOF",
      "",
    ]);
    expect(openMetrics([])).toBe("# EOF\n");
  });

  test.each(["\\", '"', "\n", "\\n", '\\"', 'a\\\\"b"\n\n}', "{},=", "", "ä 😀", "# EOF\n", "\r\t\0"])(
    "HTTP what stands in labels and in help comes back as it was: %j",
    (text) => {
      const read = readOpenMetrics(openMetrics([gauge([{ labels: { one: text, two: text }, value: 1 }], { help: text })]));
      expect(read.get("a_gauge")).toEqual({
        type: "gauge",
        unit: null,
        help: text,
        samples: [{ labels: { one: text, two: text }, value: 1 }],
      });
    },
  );

  test.each([0, -1, 1e21, 1e-9, 1764000000.123, Number.MAX_VALUE, Number.NaN, Infinity, -Infinity])(
    "HTTP so does a number: %d",
    (value) => {
      expect(readOpenMetrics(openMetrics([gauge([{ value }])])).get("a_gauge")?.samples).toEqual([{ labels: {}, value }]);
    },
  );
});

describe("GET /metrics", () => {
  test("HTTP without a token it is a 401, never a page that a scraper takes for success", async () => {
    const response = await ask("/metrics", null);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: "unauthorized" } });
  });

  test("HTTP it is OpenMetrics, and kept by nobody", async () => {
    const { headers } = await ask("/metrics", await token({ role: "owner" }));
    expect(headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("HTTP it tells of each run what the status tells", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await batchedViewer(run);
    await viewer.nextOf("welcome");
    producer.batch([{ type: "training_status", status: "running" }, line("1")]);
    await producer.nextOf("ack");
    // A viewer may not.
    viewer.send({ type: "command", id: "c1", command: "stop" });
    await viewer.nextOf("error");

    const scraped = await scrape();
    expect(samplesOf(scraped, run, "runcast_connections")).toEqual({ viewer: 1, operator: 0, agent: 1, owner: 0 });
    expect(samplesOf(scraped, run, "runcast_refused")).toEqual({ forbidden: 1 });
    expect(samplesOf(scraped, run, "runcast_run_state")).toMatchObject({ running: 1, starting: 0, error: 0 });
    const figures = {
      runcast_agent_connected: 1,
      runcast_received_frames: 3,
      runcast_log_last_offset: 3,
      runcast_tail_events: 0,
      runcast_blobs: 0,
    };
    for (const [name, value] of Object.entries(figures)) expect([name, figure(scraped, run, name)]).toEqual([name, value]);
    for (const name of ["runcast_sent_bytes", "runcast_log_bytes", "runcast_largest_frame_bytes"]) {
      expect(scraped.get(name)?.unit).toBe("bytes");
      expect([name, figure(scraped, run, name)]).toEqual([name, expect.any(Number)]);
    }
    expect(Math.abs((figure(scraped, run, "runcast_room_awake_timestamp_seconds") ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    expect(scraped.get("runcast_upgrades_refused")?.samples).toEqual([{ labels: {}, value: expect.any(Number) }]);
  });

  test("HTTP a run that everybody has left keeps its state there, and its room is not asked", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([{ type: "training_status", status: "error", error: "no memory" }]);
    await producer.nextOf("ack");
    producer.close();
    await producer.closed;
    await expect.poll(async () => figure(await scrape(), run, "runcast_agent_connected")).toBe(0);
    const scraped = await scrape();
    expect(samplesOf(scraped, run, "runcast_run_state")).toMatchObject({ error: 1, running: 0 });
    expect(samplesOf(scraped, run, "runcast_connections")).toEqual({});
  });

  test("HTTP one called __proto__ is told of like any other", async () => {
    const producer = await agent("__proto__");
    expect(figure(await scrape(), "__proto__", "runcast_agent_connected")).toBe(1);
    expect(samplesOf(await scrape(), "__proto__", "runcast_connections")).toMatchObject({ agent: 1 });
    producer.close();
  });

  test("HTTP it has a bound: of more runs than that the newest", async () => {
    const prefix = newRun();
    const runs = Array.from({ length: STATUS_RUNS_MAX + 10 }, (_, n) => `${prefix}.${n}`);
    for (const run of runs) await agent(run);
    const scraped = await scrape();
    expect(scraped.get("runcast_runs")?.samples).toEqual([{ labels: {}, value: STATUS_RUNS_MAX }]);
    const told = new Set(scraped.get("runcast_agent_connected")?.samples.map(({ labels }) => labels.run));
    expect(told.size).toBe(STATUS_RUNS_MAX);
    expect(told).toContain(runs.at(-1));
    expect(told).not.toContain(runs[0]);
  });
});
