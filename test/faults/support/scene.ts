import { appendFileSync } from "node:fs";
import { expect, inject } from "vitest";
import { allEvents } from "../../e2e/support/events.ts";
import type { Relay } from "../../support/relay.ts";
import { until } from "../../support/until.ts";
import { compare, type Findings, hold, NOTHING_WRONG, type Produced, sum } from "./ledger.ts";
import type { FaultRow } from "./report.ts";
import { arrivalOf, newestOf, type Viewer, watchBatched, watchClient, watchPlain } from "./viewers.ts";

/** How long a viewer may take to have what it is owed; only a loss ever takes that long. */
const OWED_MS = 20_000;
const HEAL_MS = 60_000;

/** Waits until the run exists, and seats a viewer of each kind. @param at a proxy in front of the relay */
export async function seat(relay: Relay, run: string, at: string = relay.url): Promise<Viewer[]> {
  const token = await relay.token("viewer", run);
  const headers = { authorization: `Bearer ${token}` };
  await until(async () => (await fetch(`${relay.url}/api/runs/${run}`, { headers })).ok, { what: `the run ${run}`, timeout_ms: 30_000 });
  const place = { at, run, token };
  const viewers = [watchPlain(place), watchBatched(place), watchClient(place)];
  await until(() => viewers.every((viewer) => viewer.welcomes.length > 0), { what: "the welcomes" });
  return viewers;
}

/**
 * Waits until every viewer has an event that was made after the fault.
 * @param fault when it was, by `performance.now()`
 * @param next the first number that was made after it
 * @returns milliseconds from the fault to the last viewer's
 */
export async function healed(viewers: readonly Viewer[], fault: number, stream: string, next: number): Promise<number> {
  const arrived = (viewer: Viewer) => arrivalOf(viewer, { stream, n: next });
  await until(() => viewers.every((viewer) => arrived(viewer) !== null), {
    what: `${stream} #${next} at every viewer`,
    timeout_ms: HEAL_MS,
  });
  return Math.max(...viewers.map((viewer) => (arrived(viewer) ?? Number.NaN) - fault));
}

/** @returns the run's connections by role, as the relay counts them now */
export async function connectionsOf(relay: Relay, run: string): Promise<{ agent: number; viewer: number }> {
  const headers = { authorization: `Bearer ${await relay.token("viewer", run)}` };
  const { runs } = (await (await fetch(`${relay.url}/api/ws/status`, { headers })).json()) as {
    runs: Record<string, { connections: { agent: number; viewer: number } }>;
  };
  return runs[run]?.connections ?? { agent: 0, viewer: 0 };
}

export type Verdict = {
  fault: string;
  relay: Relay;
  run: string;
  produced: Produced;
  viewers: readonly Viewer[];
  heal_ms: number | null;
  note?: string;
  /** Whether viewers may have been told to start over: where the fault takes away what they saw. */
  startsOver?: boolean;
};

/**
 * The end of a fault's test: compares what was produced with the log, with what each viewer holds, and with what one is given that comes
 * only now and asks for everything; records the row, and wants it all to be right.
 */
export async function judge({ fault, relay, run, produced, viewers, heal_ms, note, startsOver = false }: Verdict): Promise<Findings> {
  const token = await relay.token("viewer", run);
  const { log_id } = (await (await fetch(`${relay.url}/api/runs/${run}`, { headers: { authorization: `Bearer ${token}` } })).json()) as {
    log_id: string;
  };
  const late = watchClient({ at: relay.url, run, token, since: `${log_id}:0` });
  const everybody = [...viewers, late];
  const hasAll = (viewer: Viewer) => Object.entries(produced).every(([stream, last]) => newestOf(viewer, stream) >= last);
  // Whoever does not come to the end has lost something: the comparison says what.
  await until(() => everybody.every(hasAll), { what: "the last number", timeout_ms: OWED_MS }).catch(() => undefined);
  for (const viewer of everybody) viewer.close();

  const log = (await allEvents(relay, run)).map(hold);
  const found = everybody.map((viewer) => compare(produced, viewer.held, { log, sinceFirst: viewer.startedOver() > 0 }));
  const findings = sum([compare(produced, log, { log }), ...found]);
  const total = Object.values(produced).reduce((all, last) => all + last, 0);
  record({ fault, produced: total, viewers: everybody.length, heal_ms, ...(note === undefined ? {} : { note }), ...findings });
  expect(findings).toEqual(NOTHING_WRONG);
  expect(log[0]?.offset).toBe(1);
  if (!startsOver) expect(everybody.map((viewer) => viewer.startedOver())).toEqual(everybody.map(() => 0));
  return findings;
}

export function record(row: FaultRow): void {
  appendFileSync(inject("faultRows"), `${JSON.stringify(row)}\n`);
}
