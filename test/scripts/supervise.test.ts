import { expect, test } from "vitest";
import type { RelayProcess } from "../../scripts/relay/process.ts";
import { type RelayNews, retryDelay, superviseRelay } from "../../scripts/relay/supervise.ts";

test("restarts come at once at first, then less and less often", () => {
  expect([1, 2, 3, 4, 5, 6, 7, 50].map(retryDelay)).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

test("a relay that fails to start again is tried until it does", async () => {
  const stop = new AbortController();
  const news: RelayNews[] = [];
  let stopped = 0;
  const relay = (exited: Promise<string>): RelayProcess => ({
    url: "http://127.0.0.1:9",
    innerUrl: "http://127.0.0.1:9",
    group: 0,
    exited,
    kill: async () => undefined,
    stop: async () => {
      stopped += 1;
    },
  });
  const starts = [
    { ok: false as const, message: "does not start: no memory" },
    { ok: true as const, relay: relay(new Promise(() => undefined)) },
  ];
  await superviseRelay(
    relay(Promise.resolve("ended with code 1")),
    async () => starts.shift() ?? { ok: false, message: "was started too often" },
    (item) => {
      news.push(item);
      if (item.kind === "up") stop.abort();
    },
    stop.signal,
  );
  expect(news).toEqual([
    { kind: "down", reason: "ended with code 1", retry_in_ms: 250 },
    { kind: "down", reason: "does not start: no memory", retry_in_ms: 500 },
    { kind: "up", relay: expect.anything() },
  ]);
  expect(stopped).toBe(1);
});
