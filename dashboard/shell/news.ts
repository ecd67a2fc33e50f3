import type { RunEvent } from "../../client/index.ts";
import { fromWire } from "../../protocol/index.ts";
import type { RunView } from "../model/run-view.ts";
import { count } from "../time/format.ts";

export type NewsKind = "ended" | "error" | "nan" | "stalled" | "away" | "sample" | "command" | "alert";

/**
 * What somebody who looks elsewhere wants to be told. `key`: the same news has the same key, and is told once. `picture`: a path on the
 * relay.
 */
export type News = { kind: NewsKind; key: string; title: string; body: string; picture: string | null };

/** @returns what an event has to tell, after the view that it came upon; null for nearly all */
export function newsOf(event: RunEvent, before: RunView): News | null {
  switch (event.type) {
    case "training_status":
      return event.status === before.status?.event.status ? null : newsOfStatus(event);
    case "training_progress":
      return isBroken(event.loss) || isBroken(event.smooth_loss) ? nanNews(event.global_step ?? null) : null;
    case "metrics":
      return newsOfMetrics(event);
    case "training_health":
      return newsOfHealth(event, before);
    case "sample_generated":
      return newsOfSample(event);
    case "command_status":
      return newsOfCommand(event);
    case "alert":
      return news("alert", `${event.rule} ${event.timestamp}`, "Alert", event.message ?? "");
    // A blink of the agent's link is none: whoever tells this waits (AGENT_AWAY_MS).
    case "agent_status":
    case "sample_progress":
    case "log":
    case "system_stats":
    case "validation_result":
    case "run_info":
      return null;
  }
}

/** @param minutes how long the agent has not been heard */
export function awayNews(since: string, minutes: number): News {
  return news(
    "away",
    since,
    "The agent is offline",
    `Nothing was heard from the training machine for ${minutes} minutes. It may well go on.`,
  );
}

function news(kind: NewsKind, key: string, title: string, body: string, picture: string | null = null): News {
  return { kind, key: `${kind} ${key}`, title, body, picture };
}

function newsOfStatus(event: Extract<RunEvent, { type: "training_status" }>): News | null {
  const { status, error, timestamp } = event;
  if (status === "completed") return news("ended", timestamp, "Training completed", event.message ?? "");
  if (status === "stopped") return news("ended", timestamp, "Training stopped", event.message ?? "");
  if (status === "error") return news("error", timestamp, "Training failed", error ?? event.message ?? "");
  return null;
}

function isBroken(value: unknown): boolean {
  return value === "NaN" || value === "Infinity" || value === "-Infinity" || (typeof value === "number" && !Number.isFinite(value));
}

/** Once a run: what follows a NaN is mostly NaN. */
function nanNews(step: number | null): News {
  return news("nan", "", "The loss is not a number", step === null ? "" : `At step ${count(step)}.`);
}

/** Of series that are a loss: others may be infinite by design, such as a signal-to-noise ratio. */
function newsOfMetrics({ series, steps }: Extract<RunEvent, { type: "metrics" }>): News | null {
  for (const [name, values] of Object.entries(series)) {
    if (!/loss/i.test(name)) continue;
    const at = values.findIndex((value) => Number.isNaN(fromWire(value) ?? 0));
    if (at >= 0) return nanNews(steps[at] ?? null);
  }
  return null;
}

function newsOfHealth({ process, progress }: Extract<RunEvent, { type: "training_health" }>, before: RunView): News | null {
  const { exit_code = null, signal = null } = process;
  const died = process.state === "exited" && before.trainer.process.state !== "exited" && exit_code !== 0;
  if (died) return news("error", "exited", "The trainer ended", signal === null ? `Exit code ${exit_code ?? "unknown"}.` : `By ${signal}.`);
  if (progress.state !== "stalled" || before.trainer.progress.state === "stalled") return null;
  return news("stalled", progress.since ?? "", "The training may hang", progress.reason ?? "No step comes.");
}

function newsOfSample(event: Extract<RunEvent, { type: "sample_generated" }>): News | null {
  const path = event.thumbnail_path ?? (event.media_type?.startsWith("image/") ? event.path : null) ?? null;
  const at = typeof event.step === "number" ? `Sample at step ${count(event.step)}` : "New sample";
  return news("sample", event.sample_id, at, event.prompt ?? "", path);
}

function newsOfCommand(event: Extract<RunEvent, { type: "command_status" }>): News | null {
  const { command, command_id, state, error } = event;
  if (state !== "failed" && state !== "rejected" && state !== "expired") return null;
  return news("command", `${command_id} ${state}`, `${command}: ${state}`, error ?? "");
}
