import type { PlotSettings } from "../chart/plot-group.ts";

/** What somebody chose for one run, by the keys of its charts. Absent: as it comes. */
export type RunChoice = { hidden: Record<string, string[]>; collapsed: Record<string, boolean> };

type Memory = { settings: Partial<PlotSettings>; runs: Record<string, RunChoice> };

const KEY = "runcast.charts";
/** Runs whose choice is remembered, the newest. */
const RUNS_KEPT = 20;

/** A browser may have no storage, or keep nothing: then what was chosen lasts as long as the page. */
function read(): Memory {
  try {
    const memory: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    const { settings = {}, runs = {} } = memory as Partial<Memory>;
    return { settings, runs };
  } catch {
    return { settings: {}, runs: {} };
  }
}

function write(memory: Memory): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    // As above.
  }
}

const X_MODES: readonly unknown[] = ["step", "epoch", "time", "elapsed"];

/** @returns what was chosen for all charts; what is no setting is left out */
export function rememberedSettings(): Partial<PlotSettings> {
  const { smoothing, logarithmic, x, markers } = read().settings;
  return {
    ...(typeof smoothing === "number" && smoothing >= 0 && smoothing < 1 ? { smoothing } : {}),
    ...(typeof logarithmic === "boolean" ? { logarithmic } : {}),
    ...(x !== undefined && X_MODES.includes(x) ? { x } : {}),
    ...(typeof markers === "boolean" ? { markers } : {}),
  };
}

export function rememberSettings(settings: PlotSettings): void {
  write({ ...read(), settings });
}

export function rememberedChoice(run: string): RunChoice {
  const choice = read().runs[run];
  return { hidden: { ...choice?.hidden }, collapsed: { ...choice?.collapsed } };
}

export function rememberChoice(run: string, choice: RunChoice): void {
  const memory = read();
  const others = Object.entries(memory.runs).filter(([name]) => name !== run);
  write({ ...memory, runs: Object.fromEntries([...others, [run, choice] as const].slice(-RUNS_KEPT)) });
}
