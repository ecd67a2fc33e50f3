import { SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { relayStatus, STATUS_RUNS_MAX } from "../../protocol/index.ts";
import { openMetrics } from "../../worker/status/open-metrics.ts";
import { newRun } from "./support/rooms.ts";
import { ask } from "./support/route-attempts.ts";
import { agent, batchedViewer, line } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

type Read = { types: Map<string, string>; values: Map<string, number> };

/** Reads the text as strictly as it is defined: families one after the other, each declared before its samples, `# EOF` last. */
function parse(text: string): Read {
  const lines = text.split("\n");
  expect(lines.splice(-2)).toEqual(["# EOF", ""]);
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  let family = "";
  for (const each of lines) {
    const declared = /^# TYPE ([a-z_]+) (gauge|counter|stateset)$/.exec(each);
    if (declared) {
      family = declared[1] ?? "";
      expect(types.has(family)).toBe(false);
      types.set(family, declared[2] ?? "");
      continue;
    }
    const unit = /^# UNIT ([a-z_]+) (bytes|seconds)$/.exec(each);
    if (unit) {
      expect([unit[1], family.endsWith(`_${unit[2]}`)]).toEqual([family, true]);
      continue;
    }
    if (each.startsWith(`# HELP ${family} `)) continue;
    const label = String.raw`[a-z_]+="(?:[^"\\\n]|\\[\\n"])*"`;
    const sample = new RegExp(String.raw`^([a-z_]+)(\{${label}(?:,${label})*\})? (-?[0-9.e+-]+)$`).exec(each);
    expect([each, sample?.[1]]).toEqual([each, types.get(family) === "counter" ? `${family}_total` : family]);
    const series = `${sample?.[1]}${sample?.[2] ?? ""}`;
    expect([series, values.has(series)]).toEqual([series, false]);
    values.set(series, Number(sample?.[3]));
  }
  return { types, values };
}

describe("GET /metrics", () => {
  test("AC5 tells an owner of all runs in OpenMetrics what the status tells", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([line("one"), line("two")]);
    await producer.nextOf("ack");
    await (await batchedViewer(run)).nextOf("welcome");
    const answer = await ask("/metrics", await token({ role: "owner" }));
    expect(answer.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    const { types, values } = parse(await answer.text());
    expect(types.get("runcast_received_frames")).toBe("counter");
    expect(values.get(`runcast_connections{run="${run}",role="viewer"}`)).toBe(1);
    expect(values.get(`runcast_agent_online{run="${run}"}`)).toBe(1);
    expect(values.get(`runcast_received_frames_total{run="${run}"}`)).toBe(2);
    expect(values.get(`runcast_log_last_offset{run="${run}"}`)).toBeGreaterThanOrEqual(2);
    expect(values.get(`runcast_blob_bytes{run="${run}"}`)).toBe(0);
    expect(values.get("runcast_upgrades_refused_total")).toBeGreaterThanOrEqual(0);
  });

  test("HL1 a run that everybody has left is told of with its state, so that an alert outlives the last connection", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([{ type: "training_status", status: "error", error: "no memory" }]);
    await producer.nextOf("ack");
    const scrape = async () => parse(await (await ask("/metrics", await token({ role: "owner" }))).text()).values;
    expect((await scrape()).get(`runcast_agent_online{run="${run}"}`)).toBe(1);
    producer.close();
    await producer.closed;
    await expect.poll(async () => (await scrape()).get(`runcast_agent_online{run="${run}"}`)).toBe(0);
    const values = await scrape();
    expect(values.get(`runcast_run_state{run="${run}",runcast_run_state="error"}`)).toBe(1);
    expect(values.get(`runcast_run_state{run="${run}",runcast_run_state="running"}`)).toBe(0);
    // Its room is not asked, which would wake it.
    expect(values.has(`runcast_log_bytes{run="${run}"}`)).toBe(false);
  });

  test("HL1 has a bound: of more runs than that it tells of the newest", async () => {
    const prefix = newRun();
    const runs = Array.from({ length: STATUS_RUNS_MAX + 10 }, (_, n) => `${prefix}.${n}`);
    for (const run of runs) await agent(run);
    const { values } = parse(await (await ask("/metrics", await token({ role: "owner" }))).text());
    const told = [...values.keys()].filter((series) => series.startsWith("runcast_agent_online{"));
    expect(told).toHaveLength(STATUS_RUNS_MAX);
    expect(told).toContain(`runcast_agent_online{run="${runs.at(-1)}"}`);
    expect(told).not.toContain(`runcast_agent_online{run="${runs[0]}"}`);
  });

  test("AC5 is no page: who has no token, or not for all runs, is refused", async () => {
    expect((await SELF.fetch("https://relay.test/metrics")).status).toBe(401);
    expect((await ask("/metrics", await token({ role: "owner", runs: "lora-*" }))).status).toBe(403);
  });

  test("HL1 what stands in a label cannot end it", () => {
    const text = openMetrics([{ name: "odd", type: "gauge", help: "a\nb", samples: [{ labels: { run: 'a"b\\c\nd' }, value: 1 }] }]);
    expect(text).toBe('# TYPE odd gauge\n# HELP odd a\\nb\nodd{run="a\\"b\\\\c\\nd"} 1\n# EOF\n');
  });
});

test("HL1 a run of any name is told of in the status", async () => {
  // What a plain object would take for its own.
  for (const run of ["__proto__", "constructor"]) {
    await agent(run);
    const answer = await ask("/api/ws/status", await token({ role: "owner", runs: run }));
    expect(Object.entries(relayStatus.parse(await answer.json()).runs)).toEqual([
      [run, expect.objectContaining({ largest_frame_bytes: expect.any(Number) })],
    ]);
  }
});
