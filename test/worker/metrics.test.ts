import { SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
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
    const declared = /^# TYPE ([a-z_]+) (gauge|counter)$/.exec(each);
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
    values.set(`${sample?.[1]}${sample?.[2] ?? ""}`, Number(sample?.[3]));
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
    expect(values.get(`runcast_log_events_total{run="${run}"}`)).toBeGreaterThanOrEqual(2);
    expect(values.get(`runcast_blob_bytes{run="${run}"}`)).toBe(0);
    expect(values.get("runcast_upgrades_refused_total")).toBeGreaterThanOrEqual(0);
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
    expect(Object.keys((await answer.json<{ runs: object }>()).runs)).toEqual([run]);
  }
});
