import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startStats } from "../../../agent/stats/collector.ts";
import { type AnyEvent, systemStats } from "../../../protocol/events.ts";
import { isAlive } from "../../support/processes.ts";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";

const HEADER = "index, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], fan.speed [%]";

/**
 * Puts a program called nvidia-smi on a PATH of its own. `body` is shell; `$STARTS` counts its starts from 1, `$ARGS` holds its arguments,
 * and each start leaves a line with them in the file `calls`.
 */
function fakeNvidiaSmi(body: string): { env: NodeJS.ProcessEnv; calls: () => string[] } {
  const folder = folderForTest();
  const calls = join(folder, "calls");
  mkdirSync(join(folder, "bin"));
  const script = `#!/bin/sh\nARGS="$*"\necho "$$ $ARGS" >> "${calls}"\nSTARTS=$(wc -l < "${calls}")\n${body}\n`;
  writeFileSync(join(folder, "bin", "nvidia-smi"), script, { mode: 0o755 });
  return {
    env: { ...process.env, PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}` },
    calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : []),
  };
}

function collect(env: NodeJS.ProcessEnv = { PATH: "" }, pid: () => number | null = () => null) {
  const events: AnyEvent[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  startStats({ pid, every_ms: 50, onStats: (event) => events.push(event), signal: stop.signal, env });
  return { events, stop, gpus: () => (events.at(-1)?.gpus ?? []) as Record<string, unknown>[] };
}

const ROUNDS = (rows: string) => `echo "${HEADER}"\nwhile true; do\n${rows}\nsleep 0.05\ndone`;

describe("system stats", () => {
  test("EV6 a machine without nvidia-smi tells its host's figures, and no GPU at all", async () => {
    const { events } = collect();
    const event = await until(() => events[1], { what: "stats" });
    expect(systemStats.safeParse(event).success).toBe(true);
    for (const field of ["gpus", "gpu_memory_used_gb", "gpu_memory_total_gb", "gpu_utilization_percent"])
      expect(event).not.toHaveProperty(field);
    expect(event.ram_total_gb).toBeGreaterThan(0);
    expect(event.ram_used_gb).toBeLessThan(Number(event.ram_total_gb));
    expect(event).not.toHaveProperty("process");
  });

  test("EV6 the trainer's process counts with its children, and is absent once it is gone", async () => {
    const busy = "let x = 0; for (;;) x += Math.sqrt(x + 1)";
    const parent = spawn(
      process.execPath,
      ["-e", `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(busy)}]).unref(); setInterval(() => {}, 1000)`],
      {
        detached: true,
        stdio: "ignore",
      },
    );
    const group = parent.pid ?? 0;
    const kill = () => {
      try {
        process.kill(-group, "SIGKILL");
      } catch {
        // Gone already.
      }
    };
    onTestFinished(kill);
    const { events } = collect({ PATH: "" }, () => group);
    const seen = await until(() => events.find((event) => Number((event.process as { cpu_percent?: number })?.cpu_percent) > 20), {
      what: "the busy child's CPU",
      timeout_ms: 15_000,
    });
    expect((seen.process as { pid: number; ram_used_gb: number }).pid).toBe(group);
    expect((seen.process as { ram_used_gb: number }).ram_used_gb).toBeGreaterThan(0.01);
    kill();
    await until(() => events.at(-1) && !("process" in (events.at(-1) ?? {})), { what: "stats without the process" });
  });

  test("EV6 every GPU is told, the first one in flat fields too, odd values left out", async () => {
    const { env, calls } = fakeNvidiaSmi(
      ROUNDS(
        'echo "0, NVIDIA H100 80GB HBM3, 97, 40960, 81559, [N/A]"\necho "1, NVIDIA H100 80GB HBM3, [Unknown Error], 3, 81559, [Not Supported]"',
      ),
    );
    const { events, gpus } = collect(env);
    await until(() => gpus().length === 2, { what: "both GPUs" });
    expect(events.at(-1)).toMatchObject({ gpu_utilization_percent: 97, gpu_memory_used_gb: 40 });
    expect(gpus()[1]).toEqual({ index: 1, name: "NVIDIA H100 80GB HBM3", memory_used_gb: 0.003, memory_total_gb: 79.647 });
    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toContain("--query-gpu=index,uuid,name,utilization.gpu,");
  });

  test("EV6 a field that an older driver does not know is asked for by its older name, then not at all", async () => {
    const { env, calls } = fakeNvidiaSmi(
      `case "$ARGS" in *_reasons.active*) F=$(echo "$ARGS" | grep -o 'clocks_[a-z_]*\\.active'); echo "Field \\"$F\\" is not a valid field to query."; echo; exit 2;; esac\n${ROUNDS('echo "0, Tesla K80, 5, 1024, 11441, [N/A]"')}`,
    );
    const { gpus } = collect(env);
    await until(() => gpus().length === 1, { what: "the GPU" });
    expect(calls().map((call) => /clocks_\w+/.exec(call)?.[0] ?? null)).toEqual(["clocks_event_reasons", "clocks_throttle_reasons", null]);
  });

  test("EV6 a driver that restarts is survived: its GPUs are gone meanwhile, and come back", async () => {
    const { env, calls } = fakeNvidiaSmi(
      `if [ $STARTS = 1 ]; then echo "${HEADER}"; echo "0, A100, 50, 1024, 40960, 0"; echo "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."; exit 9; fi\n${ROUNDS('echo "0, A100, 51, 1024, 40960, 0"')}`,
    );
    const { events, gpus } = collect(env);
    await until(() => gpus()[0]?.utilization_percent === 50, { what: "the GPU before" });
    await until(() => gpus()[0]?.utilization_percent === 51, { what: "the GPU after", timeout_ms: 15_000 });
    expect(events.every((event) => systemStats.safeParse(event).success)).toBe(true);
    expect(calls()).toHaveLength(2);
  });

  test("EV6 nothing runs on after the end", async () => {
    const { env, calls } = fakeNvidiaSmi(ROUNDS('echo "0, A100, 50, 1024, 40960, 0"'));
    const { gpus, stop, events } = collect(env);
    await until(() => gpus().length === 1, { what: "the GPU" });
    stop.abort();
    const count = events.length;
    const pid = Number(calls()[0]?.split(" ")[0]);
    await until(() => !isAlive(pid), { what: "the end of nvidia-smi" });
    expect(events.length).toBe(count);
  });
});
