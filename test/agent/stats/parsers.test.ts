import { describe, expect, test } from "vitest";
import { parseMemoryLimit } from "../../../agent/stats/memory-limit.ts";
import { parseNetDev, rateBetween } from "../../../agent/stats/network.ts";
import { parseHeader, parseRow, unknownField } from "../../../agent/stats/nvidia-csv.ts";
import { cpuBetween, parseResident, parseStat, treeOf } from "../../../agent/stats/process-tree.ts";
import { statsEvent } from "../../../agent/stats/stats-event.ts";
import { throttleReasons } from "../../../agent/stats/throttle-reasons.ts";
import { systemStats } from "../../../protocol/events.ts";

const HEADER =
  "index, uuid, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], temperature.gpu, power.draw [W], power.limit [W], clocks.current.sm [MHz], clocks.current.memory [MHz], fan.speed [%], clocks_event_reasons.active";
const SHORT = "index, name, memory.used [MiB], power.draw [W], fan.speed [%]";
const header = (line: string) => parseHeader(line) ?? [];

describe("nvidia-smi's table", () => {
  test("EV6 a row is read by the header's names and units", () => {
    const row = "0, GPU-5f1c, NVIDIA GeForce RTX 4090, 97, 20480, 24564, 71, 431.20, 450.00, 2520, 10501, 62, 0x0000000000000004";
    expect(parseRow(header(HEADER), row)).toEqual({
      index: 0,
      uuid: "GPU-5f1c",
      name: "NVIDIA GeForce RTX 4090",
      utilization_percent: 97,
      memory_used_gb: 20,
      memory_total_gb: 24564 / 1024,
      temperature_c: 71,
      power_w: 431.2,
      power_limit_w: 450,
      sm_clock_mhz: 2520,
      memory_clock_mhz: 10501,
      fan_percent: 62,
      throttle_reasons: ["power cap"],
    });
  });

  test.each(["[N/A]", "[Not Supported]", "[Unknown Error]", "[GPU is lost]", "[Insufficient Permissions]", "N/A", ""])(
    "EV6 a value of %j is absent, not zero",
    (value) => {
      expect(parseRow(header(SHORT), `1, Tesla T4, 512, ${value}, ${value}`)).toEqual({ index: 1, name: "Tesla T4", memory_used_gb: 0.5 });
    },
  );

  test("EV6 units beside the values are no trouble, and other columns neither", () => {
    expect(parseRow(header("index, memory.used [MiB], something.new [x]"), "0, 1024 MiB, 7 x")).toEqual({ index: 0, memory_used_gb: 1 });
  });

  test("EV6 lines that are no rows are none", () => {
    expect(parseHeader("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.")).toBeNull();
    expect(parseRow(header(SHORT), "No devices were found")).toBeNull();
    expect(parseRow(header(SHORT), "x, Tesla T4, 512, 70, 30")).toBeNull();
    expect(unknownField('Field "clocks_event_reasons.active" is not a valid field to query.')).toBe("clocks_event_reasons.active");
    expect(unknownField("fine")).toBeNull();
  });

  test.each([
    ["0x0000000000000000", []],
    ["0x0000000000000001", []],
    ["0x0000000000000024", ["power cap", "thermal (software)"]],
    ["0x00000000000000C8", ["hardware slowdown", "thermal (hardware)", "power brake"]],
    ["Not Active", null],
  ])("EV6 the mask %s is %j", (mask, words) => {
    expect(throttleReasons(mask)).toEqual(words);
  });
});

describe("the machine's files", () => {
  test("EV6 network: what leads out of the machine, as a rate", () => {
    const dev = (received: number, sent: number) =>
      `Inter-|   Receive |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes packets\n    lo: 99 1 0 0 0 0 0 0 99 1\n  eth0: ${received} 10 0 0 0 0 0 0 ${sent} 5 0 0 0 0 0 0\ndocker0: 5 1 0 0 0 0 0 0 5 1\n`;
    const before = parseNetDev(dev(1000, 500), 0);
    expect(before).toEqual({ received: 1000, sent: 500, at: 0 });
    expect(rateBetween(before, parseNetDev(dev(5000, 700), 2000))).toEqual({ received_bytes_per_second: 2000, sent_bytes_per_second: 100 });
    expect(rateBetween(null, before)).toBeNull();
    expect(rateBetween(before, parseNetDev(dev(10, 10), 2000))).toBeNull();
  });

  test("EV6 a process's name may hold anything", () => {
    const stat = "42 (python) (x) S 7 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 8 0 100 1000 200";
    expect(parseStat(stat)).toEqual({ parent: 7, cpu_seconds: 3 });
    expect(parseStat("")).toBeNull();
    expect(parseResident("Name:\tx\nVmRSS:\t    2048 kB\nVmData: 1 kB\n")).toBe(2048 * 1024);
    expect(parseResident("Name:\tkthreadd\n")).toBe(0);
  });

  test("EV6 the tree of a process is it and all below it, and a cycle of reused numbers ends", () => {
    const parents = new Map([
      [2, 1],
      [3, 2],
      [4, 2],
      [5, 4],
      [9, 1],
    ]);
    expect(treeOf(2, parents)).toEqual([2, 3, 4, 5]);
    expect(treeOf(7, parents)).toEqual([7]);
    expect(
      treeOf(
        1,
        new Map([
          [1, 2],
          [2, 1],
        ]),
      ),
    ).toEqual([1, 2]);
  });

  test("EV6 the CPU of a tree is percent of one core; a new child counts, one that ended takes nothing away", () => {
    const use = (pid: number, cpu_seconds: number) => ({ pid, cpu_seconds, resident_bytes: 0 });
    expect(cpuBetween([use(1, 10), use(2, 50)], [use(1, 14), use(3, 2)], 2)).toBe(300);
  });

  test("EV6 a container's memory limit counts what can not be given back", () => {
    expect(parseMemoryLimit("8589934592\n", "4294967296\n", "anon 1\ninactive_file 1294967296\n")).toEqual({
      used: 3e9,
      total: 8589934592,
    });
    expect(parseMemoryLimit("max\n", "4294967296\n", "")).toBeNull();
    expect(parseMemoryLimit("", "", "")).toBeNull();
  });
});

describe("the event", () => {
  const nothing = { cpu_percent: null, ram_used_gb: null, ram_total_gb: null, disks: null, network: null };

  test("EV6 what the machine does not have is absent", () => {
    const event = statsEvent(0, nothing, [], null);
    expect(event).toEqual({ type: "system_stats", timestamp: "1970-01-01T00:00:00.000Z" });
    expect(systemStats.safeParse(event).success).toBe(true);
  });

  test("EV6 the first GPU and the host are flat fields, all GPUs a list", () => {
    const gpus = [
      { index: 0, utilization_percent: 97.123456, memory_used_gb: 20, throttle_reasons: [] },
      { index: 1, memory_used_gb: 3 },
    ];
    const event = statsEvent(0, { ...nothing, cpu_percent: 12.5 }, gpus, { pid: 4, cpu_percent: null, ram_used_gb: 1 });
    expect(event).toMatchObject({
      gpu_utilization_percent: 97.123,
      gpu_memory_used_gb: 20,
      cpu_percent: 12.5,
      process: { pid: 4, ram_used_gb: 1 },
    });
    expect(event).not.toHaveProperty("gpu_memory_total_gb");
    expect(event.gpus).toHaveLength(2);
    expect(systemStats.safeParse(event).success).toBe(true);
  });
});
