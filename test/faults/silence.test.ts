import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BATCHED_SUBPROTOCOL, CLOCK_LEEWAY_S, PLAIN_SUBPROTOCOL } from "../../protocol/index.ts";
import { membersOf } from "../../scripts/relay/process-group.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { until } from "../support/until.ts";
import { startBurst } from "./support/burst-process.ts";
import { deafViewer } from "./support/deaf.ts";
import { startProxy } from "./support/proxy.ts";
import { connectionsOf, healed, judge, seat } from "./support/scene.ts";
import { train } from "./support/training.ts";
import { newestOf, type Viewer, watchClient } from "./support/viewers.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

const NOTICED_MS = 90_000;

/** An agent whose link goes through a proxy, and viewers that have some of what it sent. */
async function throughProxy(run: string) {
  const proxy = await startProxy(relay.url);
  const burst = await startBurst(relay, run, { at: proxy.url });
  const viewers = await seat(relay, run);
  burst.produce({ at_once: 1, every_ms: 50 });
  await until(() => viewers.every((viewer) => newestOf(viewer, "main") > 20), { what: "events" });
  return { proxy, burst, viewers };
}

/** Most of these take as long as it takes to be sure of silence: half a minute and more. They run side by side. */
describe.concurrent("silence that nobody announces", () => {
  test("PR1 a half-open link of the agent: it asks, makes a new one, and the room forgets the old", async () => {
    const run = "half-open-agent";
    const { proxy, burst, viewers } = await throughProxy(run);
    const fault = performance.now();
    proxy.swallow({ up: true, down: true });
    const heal_ms = await healed(viewers, fault, "main", burst.produced() + 1);
    expect(proxy.connections()).toBe(2);
    expect((await connectionsOf(relay, run)).agent).toBe(1);
    const produced = await burst.finish();
    await judge({ fault: "half-open link of the agent", relay, run, produced, viewers, heal_ms });
  });

  test("PR2 a link over which the agent hears nothing any more, though it is heard: what it sends again is known", async () => {
    const run = "deaf-agent";
    const { proxy, burst, viewers } = await throughProxy(run);
    const fault = performance.now();
    proxy.swallow({ up: false, down: true });
    const from = burst.produced() + 100;
    await healed(viewers, fault, "main", from);
    await until(() => burst.figures().acked > from, { what: "an ack", timeout_ms: NOTICED_MS });
    const heal_ms = performance.now() - fault;
    expect(proxy.connections()).toBe(2);
    const produced = await burst.finish();
    await judge({
      fault: "the agent hears nothing, but is heard",
      relay,
      run,
      produced,
      viewers,
      heal_ms,
      note: "healed: it is told again",
    });
  });

  test("VW7 a half-open link of a viewer: it asks, makes a new one, and resumes", async () => {
    const run = "half-open-viewer";
    const proxy = await startProxy(relay.url);
    const burst = await startBurst(relay, run);
    const near = await seat(relay, run);
    const far = watchClient({ at: proxy.url, run, token: await relay.token("viewer", run) });
    const viewers = [...near, far];
    burst.produce({ at_once: 1, every_ms: 50 });
    await until(() => viewers.every((viewer) => newestOf(viewer, "main") > 20), { what: "events" });
    const fault = performance.now();
    proxy.swallow({ up: true, down: true });
    const heal_ms = await healed(viewers, fault, "main", burst.produced() + 20);
    expect(far.welcomes.map(({ recovered }) => recovered)).toEqual([false, true]);
    const produced = await burst.finish();
    await judge({ fault: "half-open link of a viewer", relay, run, produced, viewers, heal_ms });
  });

  test("VW6 viewers that never read: they are closed, the relay does not keep for them, nobody else is late", async () => {
    const run = "never-reads";
    const burst = await startBurst(relay, run);
    const viewers = await seat(relay, run);
    burst.produce({ at_once: 10, every_ms: 100, bytes: EVENT_BYTES });
    const alone = await latencies(viewers, 300);
    const modes = [...Array<string>(20).fill(BATCHED_SUBPROTOCOL), ...Array<string>(2).fill(PLAIN_SUBPROTOCOL)];
    const deaf = await Promise.all(modes.map((protocol) => deafViewer(relay, run, protocol)));
    const before = residentBytes();
    const from = burst.produced();
    const fault = performance.now();
    const isLeft = async () => (await connectionsOf(relay, run)).viewer > viewers.length;
    await until(async () => !(await isLeft()), { what: "their end", timeout_ms: NOTICED_MS });
    const heal_ms = performance.now() - fault;
    const passed = (burst.produced() - from) * EVENT_BYTES;
    const grown = residentBytes() - before;
    for (const viewer of deaf) viewer.listen();
    await until(() => deaf.every((viewer) => viewer.closeCode() !== null), { what: "what they are told", timeout_ms: 30_000 });
    const codes = deaf.map((viewer) => viewer.closeCode());
    expect(codes.slice(0, 20)).toEqual(Array(20).fill(4008));
    // Where the runtime tells what it holds for a viewer, a plain one is closed for that; else it is recycled.
    for (const code of codes.slice(20)) expect([4001, 4008]).toContain(code);
    // Kept for all of them it would be all of it; the rest is what a runtime grows by when it passes so much on.
    expect(grown).toBeLessThan((deaf.length * passed) / 2);
    const beside = await latencies(viewers, burst.produced() - from, from);
    const produced = await burst.finish();
    const note =
      `${mib(passed)} past each of 22, the relay grew by ${mib(grown)}; told ${[...new Set(codes)].join(" and ")}; ` +
      `others' p50/p99 ${alone} before, ${beside} beside them`;
    await judge({ fault: "viewers that never read", relay, run, produced, viewers, heal_ms, note });
  });

  test("AC4 the token of a viewer ends: it is closed, and comes back with another one, where it was", async () => {
    const run = "token-ends";
    const burst = await startBurst(relay, run);
    const near = await seat(relay, run);
    let fault = 0;
    const token = () => {
      const isFirst = fault === 0;
      if (isFirst) fault = performance.now() + GOOD_FOR_S * 1000;
      // What is forgiven counts too.
      return relay.token("viewer", run, { lifetime_s: isFirst ? GOOD_FOR_S - CLOCK_LEEWAY_S : 3600 });
    };
    const viewer = watchClient({ at: relay.url, run, token });
    const viewers = [...near, viewer];
    burst.produce({ at_once: 1, every_ms: 50 });
    await until(() => viewers.every((each) => newestOf(each, "main") > 10), { what: "events" });
    await until(() => performance.now() > fault, { what: "the token's end" });
    const heal_ms = await healed(viewers, fault, "main", burst.produced() + 10);
    expect(viewer.closes).toEqual([4101]);
    expect(viewer.welcomes.map(({ recovered }) => recovered)).toEqual([false, true]);
    await judge({ fault: "viewer's token ends", relay, run, produced: await burst.finish(), viewers, heal_ms });
  });

  test("HL2 the whole machine: the agent is called offline, and the run goes on with the next `runcast run`", async () => {
    const run = "machine";
    const first = await train(relay, run, { stream: "first" });
    const viewers = await seat(relay, run);
    await until(() => viewers.every((viewer) => newestOf(viewer, "first") > 50), { what: "events" });
    const pids = [first.child.pid ?? 0, await first.agent(), await first.trainer()];
    for (const pid of pids) process.kill(pid, "SIGKILL");
    const links = (viewer: Viewer) => viewer.held.filter(({ text }) => text.includes('"agent_status"')).map(({ text }) => JSON.parse(text));
    await until(() => viewers.every((viewer) => links(viewer).at(-1)?.connected === false), { what: "offline", timeout_ms: NOTICED_MS });
    expect(JSON.stringify(viewers.flatMap(links))).not.toMatch(/crash/i);
    const recorded = Math.max(...viewers.map((viewer) => newestOf(viewer, "first")));

    const back = performance.now();
    const second = await train(relay, run, { stream: "second", folder: first.folder });
    const heal_ms = await healed(viewers, back, "second", 1);
    await until(() => viewers.every((viewer) => links(viewer).at(-1)?.connected === true), { what: "online" });
    expect(await second.finish()).toBe(0);
    // What the trainer had said, and nothing of ours had read yet, died with the pipe. All else was in the spool.
    const told = Math.max(recorded, ...viewers.map((viewer) => newestOf(viewer, "first")));
    const note = `${first.produced() - told} lines were in the trainer's pipe`;
    expect(first.produced() - told).toBeLessThan(20);
    const produced = { first: told, second: second.produced() };
    await judge({ fault: "launcher, agent and trainer killed", relay, run, produced, viewers, heal_ms, note });
  });
});

const GOOD_FOR_S = 3;
const EVENT_BYTES = 10_000;

/** @returns the resident memory of the relay's runtime, in bytes (Linux) */
function residentBytes(): number {
  const runtimes = membersOf(relay.group()).filter(({ command }) => command.includes("workerd"));
  return runtimes.reduce((sum, { pid }) => sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024, 0);
}

/** Waits for so many numbers after `from`. @returns p50 and p99 of the time from an event's making to a viewer's having it */
async function latencies(viewers: readonly Viewer[], count: number, from = 0): Promise<string> {
  await until(() => viewers.every((viewer) => newestOf(viewer, "main") >= from + count), { what: "events", timeout_ms: 30_000 });
  const delays = viewers.flatMap(({ held, arrivals, madeAt }) =>
    held.flatMap(({ mark, offset }, index) => {
      const made = madeAt.get(offset);
      const wanted = mark !== null && mark.n > from && made !== undefined;
      return wanted ? [performance.timeOrigin + (arrivals[index] ?? Number.NaN) - made] : [];
    }),
  );
  const sorted = delays.sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN);
  return `${at(0.5)}/${at(0.99)} ms`;
}

const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
