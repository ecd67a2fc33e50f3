import { expect, test } from "vitest";
import { benchEvents, MARK } from "../../bench/support/events.ts";
import { markdown, median, percentile, shown, spread } from "../../bench/support/figures.ts";
import { parseListener, parseResident, parseSchedstat } from "../../bench/support/linux.ts";
import { parseEvent } from "../../protocol/index.ts";

test("a percentile is one of the values, in whatever order they came", () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, 0.5)).toBe(51);
  expect(percentile(values, 0.99)).toBe(100);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
  expect(median([3, 1, 2])).toBe(2);
  expect(spread([3, 1, 2])).toEqual({ median: 2, from: 1, to: 3 });
});

test.each([
  [0.1234, "0.12"],
  [12.34, "12.3"],
  [1234.5, "1,235"],
  [1_618_993, "1,618,993"],
  [Number.NaN, "–"],
])("a figure is shown with about three digits: %d", (value, text) => {
  expect(shown(value)).toBe(text);
});

test("a table has its figures on the right", () => {
  expect(markdown(["system", "µs"], [["a", "1"]])).toBe("| system | µs |\n| --- | ---: |\n| a | 1 |");
});

test("processor time and memory are read as Linux writes them", () => {
  expect(parseSchedstat("1106344 20 2\n")).toBe(1_106_344);
  expect(parseResident("Name:\tworkerd\nVmHWM:\t  9000 kB\nVmRSS:\t  8472 kB\nRssAnon:\t 4000 kB\n")).toBe(8472);
  expect(() => parseResident("Name:\tworkerd\nState:\tZ (zombie)\n")).toThrow("it has ended");
});

test("the listener of a port is found among connections of the same port", () => {
  const line = (local: string, remote: string, state: string, inode: string) =>
    `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 100 0 0 10 0`;
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    line("0100007F:B5E7", "0100007F:9C40", "01", "111"),
    line("0100007F:9C40", "0100007F:B5E7", "01", "112"),
    line("0100007F:B5E7", "00000000:0000", "0A", "113"),
  ].join("\n");
  expect(parseListener(table, 0xb5e7)).toBe("113");
  expect(parseListener(table, 0x9c40)).toBeNull();
});

test("every event of the benches is one that a room takes, of about 250 bytes, with one mark", () => {
  for (const event of benchEvents(10)) {
    expect(parseEvent(event)).toMatchObject({ kind: "known" });
    const text = JSON.stringify(event);
    expect(text.split(MARK)).toHaveLength(2);
    expect(text.length).toBeGreaterThan(200);
    expect(text.length).toBeLessThan(330);
  }
});
