import type { LinkState } from "../../../client/index.ts";
import { fromWire, type Gpu, type WireNumber } from "../../../protocol/index.ts";
import { plot } from "./braille.ts";
import type { CommandNews, Line, WatchState } from "./state.ts";
import { bar, figure, lineOf, type Piece, padded, type Style, span } from "./text.ts";

export type Screenful = { width: number; height: number; colours: boolean };

/** What the footer says beside the keys: a question, or why something was refused. */
export type Footer = { question: string | null; notice: string | null };

const CHART_LEAST = 3;
const CHART_MOST = 16;
const LOG_LEAST = 3;
/** Room for a figure at the chart's left edge. */
const EDGE = 10;

/** The whole view, `height` lines of at most `width` columns. @param now milliseconds since 1970 */
export function view(state: WatchState, footer: Footer, screen: Screenful, now: number): string[] {
  const { width, height, colours } = screen;
  const line = (...pieces: (Piece | null)[]) => lineOf(pieces, width, colours);
  const top = [...heading(state, now, line), ...progress(state, now, width, line)];
  const machine = hardware(state, line);
  const sampled = sample(state, line);
  const bottom = keys(state, footer, line).slice(-height);
  const fixed = top.length + machine.length + sampled.length + bottom.length;
  const spare = Math.max(0, height - fixed - LOG_LEAST);
  const rows = spare < CHART_LEAST ? 0 : Math.min(CHART_MOST, Math.ceil(spare * 0.6));
  const chart = rows === 0 ? [] : curve(state, width, rows, line);
  const room = Math.max(0, height - fixed - chart.length);
  const log = state.lines.slice(-room || state.lines.length + 1).map((each) => logLine(each, line));
  const body = [...top, ...chart, ...sampled, ...machine, ...log].slice(0, height - bottom.length);
  return [...body, ...Array.from({ length: height - bottom.length - body.length }, () => ""), ...bottom];
}

type MakeLine = (...pieces: (Piece | null)[]) => string;

const DIM: Style = "dim";
const STATUS: Readonly<Record<string, Style>> = {
  ...{ starting: "green", running: "green", completed: "green" },
  ...{ paused: "yellow", stopping: "yellow", stopped: "yellow", error: "red" },
};

function heading(state: WatchState, now: number, line: MakeLine): string[] {
  const { run_info: info, training_status: status, training_health: health } = state.latest;
  const word = status?.status ?? "nothing told yet";
  const phase = status?.phase ? ` ${status.phase}` : "";
  const name = info?.name ?? state.run;
  const title = line(
    { text: name, style: "bold" },
    { text: name === state.run ? "  " : `  ${state.run}  `, style: DIM },
    { text: `${word}${phase}`, style: STATUS[word] ?? "reset" },
  );
  const process = health?.process;
  const advance = health?.progress;
  const since = advance?.since ? ` for ${span((now - Date.parse(advance.since)) / 1000)}` : "";
  const ended = process?.state === "exited" ? ` ${process.signal ?? process.exit_code ?? ""}` : "";
  const truths = line(
    ...truth("You", linkWord(state.link, now), state.link?.kind === "live"),
    ...truth("Agent", state.agent.connected ? "live" : `offline${sinceWords(state.agent.since, now)}`, state.agent.connected),
    ...truth("Trainer", process ? `${process.state}${ended}` : "unknown", process?.state !== "exited"),
    ...truth("Progress", advance ? `${advance.state}${advance.state === "stalled" ? since : ""}` : "unknown", advance?.state !== "stalled"),
    { text: `${state.viewers} watching`, style: DIM },
  );
  const notice = status?.error ?? (advance?.state === "stalled" ? advance.reason : null);
  return [title, truths, ...(notice ? [line({ text: notice, style: "red" })] : [])];
}

function truth(name: string, word: string, good: boolean): Piece[] {
  return [
    { text: `${name} `, style: DIM },
    { text: `${word}   `, style: good ? "reset" : "yellow" },
  ];
}

function linkWord(link: LinkState | null, now: number): string {
  if (link === null || link.kind === "live") return link?.kind ?? "connecting";
  return link.kind === "closed" ? "closed" : `${link.kind}, ${span((now - link.since) / 1000)}`;
}

function sinceWords(since: string | null, now: number): string {
  const at = Date.parse(since ?? "");
  return Number.isNaN(at) ? "" : ` for ${span((now - at) / 1000)}`;
}

function progress(state: WatchState, now: number, width: number, line: MakeLine): string[] {
  const { training_progress: event, sample_progress: sampling, training_status: status } = state.latest;
  const { global_step, step, epoch, max_step, max_epoch } = event ?? {};
  const within = typeof step === "number" && max_step ? Math.min(1, step / max_step) : 0;
  const done = typeof epoch === "number" && max_epoch ? Math.min(1, (epoch + within) / max_epoch) : null;
  const steps = max_step && max_epoch ? `/${max_step * max_epoch}` : "";
  const epochs =
    typeof epoch === "number" ? `  epoch ${Math.min(epoch + 1, max_epoch ?? epoch + 1)}${max_epoch ? `/${max_epoch}` : ""}` : "";
  const text = ` ${done === null ? "–" : `${(Math.floor(done * 1000) / 10).toFixed(1)} %`}  step ${global_step ?? step ?? "–"}${steps}${epochs}`;
  const barred = line({ text: bar(done ?? 0, Math.max(8, width - text.length - 1)), style: "cyan" }, { text, style: "bold" });
  const [pace, low, high] = [fromWire(event?.steps_per_second), fromWire(event?.eta_low_seconds), fromWire(event?.eta_high_seconds)];
  const left = fromWire(event?.eta_seconds);
  const ends = left === null ? null : new Date(now + left * 1000).toTimeString().slice(0, 5);
  const range = [...new Set([span(low ?? left ?? 0), span(high ?? left ?? 0)])].join(" to ");
  const eta = left === null ? "time left –" : `${range} left, until ${ends}`;
  const sampled = status?.phase === "sampling" && sampling ? `   sampling ${sampling.step ?? 0}/${sampling.max_step ?? "?"}` : "";
  const figures = line(
    { text: `loss ${figure(fromWire(event?.loss))}`, style: "bold" },
    { text: `   smoothed ${figure(fromWire(event?.smooth_loss))}   lr ${figure(fromWire(event?.learning_rate))}` },
    { text: pace === null || pace <= 0 ? "" : `   ${pace >= 1 ? `${pace.toFixed(2)} steps/s` : `${(1 / pace).toFixed(2)} s/step`}` },
    { text: `   ${eta}${sampled}` },
  );
  return [barred, figures];
}

function curve({ loss }: WatchState, width: number, rows: number, line: MakeLine): string[] {
  const drawn = plot(loss, width - EDGE - 1, rows - 1);
  if (!drawn) return [line({ text: "The loss appears here with the next steps.", style: DIM })];
  const { lines, low, high, from, to } = drawn;
  const edge = (index: number) => (index === 0 ? figure(high) : index === lines.length - 1 ? figure(low) : "");
  const axis = `${" ".repeat(EDGE + 1)}${padded(`step ${from}`, Math.max(0, width - EDGE - 1 - String(to).length))}${to}`;
  return [
    ...lines.map((text, index) => line({ text: `${edge(index).padStart(EDGE)} `, style: DIM }, { text, style: "cyan" })),
    line({ text: axis, style: DIM }),
  ];
}

function hardware({ latest: { system_stats: stats } }: WatchState, line: MakeLine): string[] {
  if (!stats) return [];
  const gpus = (stats.gpus ?? []).slice(0, 8).map((gpu, index) => line({ text: gpuWords(gpu, index) }));
  const host = [
    share("CPU", stats.cpu_percent, null, "%"),
    share("RAM", stats.ram_used_gb, stats.ram_total_gb, "GB"),
    ...(stats.disks ?? []).slice(0, 3).map((disk) => share(disk.mount ?? "disk", disk.used_gb, disk.total_gb, "GB")),
  ];
  return [...gpus, line({ text: host.filter((part) => part !== "").join("   ") })];
}

function gpuWords(gpu: Gpu, index: number): string {
  const parts = [
    share("", gpu.utilization_percent, null, "%"),
    share("", gpu.memory_used_gb, gpu.memory_total_gb, "GB"),
    share("", gpu.temperature_c, null, "°C"),
    share("", gpu.power_w, gpu.power_limit_w, "W"),
    (gpu.throttle_reasons ?? []).length > 0 ? `throttled: ${gpu.throttle_reasons?.join(", ")}` : "",
  ];
  return `GPU ${gpu.index ?? index}  ${parts.filter((part) => part !== "").join("   ")}   ${gpu.name ?? ""}`;
}

function share(name: string, part: WireNumber | null | undefined, whole: WireNumber | null | undefined, unit: string): string {
  const [value, of] = [fromWire(part), fromWire(whole)];
  if (value === null) return "";
  const digits = unit === "GB" ? 1 : 0;
  return `${name} ${value.toFixed(digits)}${of === null ? "" : `/${of.toFixed(digits)}`} ${unit}`.trim();
}

function sample({ sample: newest }: WatchState, line: MakeLine): string[] {
  if (!newest) return [];
  return [line({ text: "newest sample  ", style: DIM }, { text: `step ${newest.step ?? "–"}  ${newest.prompt ?? ""}` })];
}

const LEVELS: Readonly<Partial<Record<Line["level"], Style>>> = { debug: "dim", warning: "yellow", error: "red", critical: "red" };

function logLine({ at, level, text }: Line, line: MakeLine): string {
  const clock = Number.isNaN(at) ? "--:--:--" : new Date(at).toTimeString().slice(0, 8);
  return line({ text: `${clock} `, style: DIM }, { text, style: LEVELS[level] ?? "reset" });
}

function keys({ role, command }: WatchState, { question, notice }: Footer, line: MakeLine): string[] {
  if (question !== null) return [line({ text: `${question} `, style: "bold" }, { text: "y: yes, any other key: no", style: DIM })];
  const steers = role === "operator" || role === "owner";
  const names = steers ? "p pause/resume  s sample  b backup  v save  x stop  " : "";
  const offered = line({ text: `${names}q quit`, style: "inverse" });
  const news = notice ?? (command ? commandWords(command) : "");
  return news === "" ? [offered] : [line({ text: news, style: notice === null ? "reset" : "yellow" }), offered];
}

function commandWords({ command, state, by, step, error }: CommandNews): string {
  return `${command}${by === null ? "" : ` (${by})`}: ${state}${state === "applied" && step !== null ? ` at step ${step}` : ""}${error === null ? "" : `: ${error}`}`;
}
