import { fromWire, type RunSummary, trainingProgress } from "../../protocol/index.ts";
import { advanceOf } from "../model/progress.ts";

/** What runs are sorted into. `offline`: not over, and nobody tells of it. */
export type Kind = "running" | "paused" | "offline" | "done" | "failed";

export const KINDS: readonly { kind: Kind; name: string }[] = [
  { kind: "running", name: "Running" },
  { kind: "paused", name: "Paused" },
  { kind: "offline", name: "Offline" },
  { kind: "done", name: "Ended" },
  { kind: "failed", name: "Failed" },
];

export type Order = "newest" | "name" | "progress" | "loss";

export const ORDERS: readonly { order: Order; name: string }[] = [
  { order: "newest", name: "Newest first" },
  { order: "name", name: "By name" },
  { order: "progress", name: "By progress" },
  { order: "loss", name: "By loss" },
];

/** What of the list is wanted; it stands in the page's address, so that a link and a reload keep it. */
export type Choice = { query: string; kind: Kind | null; order: Order };

export function choiceOf(search: string): Choice {
  const given = new URLSearchParams(search);
  const kind = KINDS.find((each) => each.kind === given.get("status"))?.kind ?? null;
  const order = ORDERS.find((each) => each.order === given.get("sort"))?.order ?? "newest";
  return { query: given.get("q") ?? "", kind, order };
}

/** @returns the query of an address, with its question mark; empty for the whole list */
export function searchOf({ query, kind, order }: Choice): string {
  const search = new URLSearchParams();
  if (query !== "") search.set("q", query);
  if (kind !== null) search.set("status", kind);
  if (order !== "newest") search.set("sort", order);
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

export function kindOf({ status, agent_connected }: RunSummary): Kind {
  if (status === "error") return "failed";
  if (status === "completed" || status === "stopped") return "done";
  if (!agent_connected) return "offline";
  return status === "paused" ? "paused" : "running";
}

/** The runs that are wanted, in order; the list itself is newest first. */
export function selected(runs: readonly RunSummary[], { query, kind, order }: Choice): RunSummary[] {
  const words = query.toLowerCase().split(/\s+/);
  const found = runs.filter((run) => (kind === null || kindOf(run) === kind) && words.every((word) => textOf(run).includes(word)));
  switch (order) {
    case "newest":
      return found;
    case "name":
      return found.sort((a, b) => nameOf(a).localeCompare(nameOf(b), undefined, { numeric: true }));
    case "progress":
      return found.sort((a, b) => progressOf(b) - progressOf(a));
    case "loss":
      return found.sort((a, b) => lossOf(a) - lossOf(b));
  }
}

export const nameOf = (run: RunSummary): string => run.name ?? run.run;

const textOf = (run: RunSummary): string => `${nameOf(run)} ${run.run} ${run.owner ?? ""}`.toLowerCase();

function progressOf(run: RunSummary): number {
  const parsed = trainingProgress.safeParse(run.progress);
  return parsed.success ? (advanceOf({ event: parsed.data, at: 0 }).total ?? -1) : -1;
}

/** What has none, or a NaN, comes last. */
function lossOf({ loss }: RunSummary): number {
  const value = fromWire(loss?.values.at(-1));
  return value === null || Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
}
