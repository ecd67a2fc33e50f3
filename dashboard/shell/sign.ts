import type { LinkState } from "../../client/index.ts";
import { advanceOf } from "../model/progress.ts";
import type { RunView } from "../model/run-view.ts";
import { percent } from "../time/format.ts";

/** What a tab's icon tells: how far, in whole percent, and in what state. `away`: nothing is known of now. */
export type Sign = { state: SignState; percent: number | null };
export type SignState = "going" | "paused" | "error" | "done" | "stopped" | "away";

export function signOf(view: RunView, link: LinkState): Sign {
  const { total } = advanceOf(view.progress);
  return { state: stateOf(view, link), percent: total === null ? null : Math.floor(total * 100) };
}

function stateOf(view: RunView, link: LinkState): SignState {
  const status = view.status?.event.status;
  if (status === "error") return "error";
  if (status === "completed") return "done";
  if (status === "stopped") return "stopped";
  if (link.kind !== "live" || view.agent?.connected === false) return "away";
  return status === "paused" ? "paused" : "going";
}

const WORDS: Record<SignState, string | null> = {
  going: null,
  paused: "‖",
  error: "✕ Error",
  done: "✓ Done",
  stopped: "■ Stopped",
  away: null,
};

/** @returns a page's title: what changes comes first, where a narrow tab still shows it */
export function titleOf(view: RunView, sign: Sign, run: string): string {
  const { total } = advanceOf(view.progress);
  const over = sign.state === "done" || sign.state === "stopped" || sign.state === "error";
  const progress = total === null || over ? null : percent(total);
  const first = [WORDS[sign.state], progress].filter((part) => part !== null).join(" ");
  return [first, view.info?.name ?? run, "runcast"].filter((part) => part !== "").join(" · ");
}
