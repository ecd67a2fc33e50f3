import { expect, test } from "vitest";
import { freshnessOf } from "../../dashboard/model/freshness.ts";
import { advanceOf, etaOf } from "../../dashboard/model/progress.ts";
import { applyAny, applyEvent, EMPTY_VIEW, type RunView, viewOfSnapshot } from "../../dashboard/model/run-view.ts";
import type { AnyEvent } from "../../protocol/index.ts";
import { EMPTY_SNAPSHOT } from "../client/messages.ts";

const NOW = Date.parse("2026-11-23T12:00:00.000Z");

/** The view after these events, all of them true at NOW. */
function viewAfter(...events: AnyEvent[]): RunView {
  return events.reduce((view, event, index) => applyAny(view, { offset: index + 1, ...event }, NOW), EMPTY_VIEW);
}

const progress = (fields: Record<string, unknown>): AnyEvent => ({ type: "training_progress", ...fields });
const sample = (id: string, step: number, prompt: string, sample_type = "default"): AnyEvent => ({
  type: "sample_generated",
  sample_id: id,
  step,
  prompt,
  sample_type,
  path: `/api/runs/r/blobs/${id}`,
});

test("VW3 a snapshot alone shows the present state of the run", () => {
  const snapshot = {
    ...EMPTY_SNAPSHOT,
    training_status: { type: "training_status", status: "running", phase: "training" },
    training_progress: progress({ global_step: 12, step: 4, epoch: 1, max_step: 8, max_epoch: 3 }),
    samples: [sample("a", 0, "a red circle"), sample("b", 8, "a red circle")],
    commands: [
      {
        id: "c1",
        command: "sample" as const,
        state: "queued" as const,
        by: "operator",
        requested_at: "2026-11-23T12:00:00.000Z",
        global_step: null,
        error: null,
      },
    ],
  };
  const view = viewOfSnapshot(snapshot, "viewer", () => NOW);
  expect(view.status?.event.status).toBe("running");
  expect(advanceOf(view.progress)).toMatchObject({ step: 12, steps: 24, total: 0.5, epoch: 0.5, epochNumber: 2, epochs: 3 });
  expect(view.commands).toMatchObject([{ id: "c1", state: "queued", by: "operator" }]);
});

test("EV3 the last callback of a run is the full run, not the beginning of an epoch that never comes", () => {
  const { progress: told } = viewAfter(progress({ global_step: 24, step: 0, epoch: 3, max_step: 8, max_epoch: 3 }));
  expect(advanceOf(told)).toMatchObject({ total: 1, epoch: 1, epochNumber: 3, epochStep: 8 });
});

test("EV3 the end of an epoch is the beginning of the next: no jump in the run's progress", () => {
  const at = (fields: Record<string, unknown>) => advanceOf(viewAfter(progress(fields)).progress).total;
  const before = at({ global_step: 8, step: 8, epoch: 0, max_step: 8, max_epoch: 3 });
  const after = at({ global_step: 8, step: 0, epoch: 1, max_step: 8, max_epoch: 3 });
  expect(before).toBe(after);
});

test("EV3 an estimate counts down from the moment of which it was, and names the clock time of the end", () => {
  const view = viewAfter(progress({ global_step: 1, eta_seconds: 600, eta_low_seconds: 540, eta_high_seconds: 720 }));
  expect(etaOf(view, NOW + 60_000)).toMatchObject({ likely: 540, low: 480, high: 660, endLow: NOW + 540_000, endHigh: NOW + 720_000 });
});

test("EV3 there is no time left where it means nothing: not told, paused, or over", () => {
  const told = progress({ global_step: 1, eta_seconds: 600 });
  expect(etaOf(viewAfter(progress({ global_step: 1, eta_seconds: null })), NOW)).toBeNull();
  for (const eta of [
    { eta_seconds: 1e300 },
    { eta_seconds: 600, eta_high_seconds: "Infinity" },
    { eta_seconds: 600, eta_low_seconds: "NaN" },
  ]) {
    expect(etaOf(viewAfter(progress({ global_step: 1, ...eta })), NOW)).toBeNull();
  }
  for (const status of ["paused", "completed", "stopped", "error"])
    expect(etaOf(viewAfter(told, { type: "training_status", status }), NOW)).toBeNull();
});

test("HL1 figures are live only while both links stand, and say whose link failed and since when", () => {
  const running = viewAfter({ type: "training_status", status: "running" });
  const live = { kind: "live", since: NOW } as const;
  expect(freshnessOf(running, live, Date.parse)).toEqual({ kind: "live" });
  const silent = applyAny(running, { type: "agent_status", connected: false, last_heard: "2026-11-23T11:59:00.000Z" }, NOW);
  expect(freshnessOf(silent, live, Date.parse)).toEqual({ kind: "stale", since: NOW - 60_000, fault: "agent" });
  const offline = {
    kind: "offline",
    since: NOW - 20_000,
    attempt: 3,
    retry_at: null,
    reason: { code: "unreachable", message: "" },
  } as const;
  expect(freshnessOf(running, offline, Date.parse)).toEqual({ kind: "stale", since: NOW - 20_000, fault: "viewer" });
  const over = applyAny(silent, { type: "training_status", status: "completed" }, NOW);
  expect(freshnessOf(over, live, Date.parse)).toEqual({ kind: "final" });
});

test("CM1 a command keeps its one row while its state goes on", () => {
  const told = (command_id: string, state: string): AnyEvent => ({
    type: "command_status",
    command_id,
    command: "sample",
    state,
    by: "operator",
  });
  const view = viewAfter(told("c1", "queued"), told("c2", "queued"), told("c1", "delivered"), told("c1", "applied"));
  expect(view.commands.map(({ id, state }) => [id, state])).toEqual([
    ["c2", "queued"],
    ["c1", "applied"],
  ]);
});

test("EV2 an event that this version does not know changes nothing", () => {
  expect(applyAny(EMPTY_VIEW, { type: "weather", offset: 1 }, NOW)).toBe(EMPTY_VIEW);
  expect(applyEvent(EMPTY_VIEW, { type: "metrics", steps: [], series: {}, offset: 1, timestamp: "" }, NOW)).toBe(EMPTY_VIEW);
});
