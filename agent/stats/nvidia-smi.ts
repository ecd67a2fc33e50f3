import { type ChildProcess, spawn } from "node:child_process";
import type { Gpu } from "../../protocol/events.ts";
import { type Header, parseHeader, parseRow, unknownField } from "./nvidia-csv.ts";

const FIELDS: readonly string[] = [
  "index",
  "uuid",
  "name",
  "utilization.gpu",
  "memory.used",
  "memory.total",
  "temperature.gpu",
  "power.draw",
  "power.limit",
  "clocks.sm",
  "clocks.mem",
  "fan.speed",
  "clocks_event_reasons.active",
];
/** What a field was called before: older drivers know only that name. */
const OLDER_NAME: ReadonlyMap<string, string> = new Map([["clocks_event_reasons.active", "clocks_throttle_reasons.active"]]);

const BACKOFF_FIRST_MS = 1000;
const BACKOFF_MAX_MS = 60_000;
/** nvidia-smi hangs, rather than ends, when its driver does. */
const SILENT_ROUNDS = 15;
/** A row is true for this long, in rounds. */
const FRESH_ROUNDS = 3;
const LINE_MAX = 4096;

export type GpuSource = {
  /** @returns the GPUs as last told, none where there are none or nothing was heard of them for a while */
  gpus(now: number): Gpu[];
};

/**
 * Keeps one `nvidia-smi` running that prints all GPUs every round, and starts it again when it ends, more and more seldom. Where there is
 * no such program nothing is started again.
 *
 * @param options.clock milliseconds, monotonic
 */
export function watchGpus(options: { every_ms: number; signal: AbortSignal; env: NodeJS.ProcessEnv; clock: () => number }): GpuSource {
  const { every_ms, signal, env, clock } = options;
  let fields = FIELDS;
  let child: ChildProcess | null = null;
  let backoff = BACKOFF_FIRST_MS;
  let heard_at = clock();
  let timer: NodeJS.Timeout | undefined;
  const latest = new Map<number, { at: number; gpu: Gpu }>();

  const start = (): void => {
    if (signal.aborted) return;
    let header: Header | null = null;
    let fieldRefused = false;
    heard_at = clock();
    const query = [`--query-gpu=${fields.join(",")}`, "--format=csv,nounits", `--loop-ms=${every_ms}`];
    const started = spawn("nvidia-smi", query, { env, stdio: ["ignore", "pipe", "ignore"], windowsHide: true });
    child = started;
    readLines(started, (line) => {
      const refused = unknownField(line);
      if (refused !== null && fields.includes(refused)) {
        fieldRefused = true;
        fields = fields.flatMap((field) => (field === refused ? (OLDER_NAME.get(field) ?? []) : [field]));
        return;
      }
      const columns = parseHeader(line);
      if (columns) header = columns;
      const gpu = header && parseRow(header, line);
      if (typeof gpu?.index !== "number") return;
      heard_at = clock();
      backoff = BACKOFF_FIRST_MS;
      latest.set(gpu.index, { at: heard_at, gpu });
    });
    let over = false;
    const ended = (again: boolean): void => {
      if (over) return;
      over = true;
      if (child === started) child = null;
      if (again && !signal.aborted) startAgain(fieldRefused);
    };
    // No such program, or not one that may be run: this machine has no GPU that we could ask about.
    started.once("error", () => ended(false));
    started.once("close", () => ended(true));
  };

  // A child that could not be started has no pid yet still a handle, until its error is told: to kill it would kill our own process group.
  const end = (): void => {
    if (child?.pid !== undefined) child.kill("SIGKILL");
  };

  const startAgain = (at_once: boolean): void => {
    timer = setTimeout(start, at_once ? 0 : backoff);
    timer.unref();
    if (!at_once) backoff = Math.min(BACKOFF_MAX_MS, backoff * 2);
  };

  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    end();
  });
  start();

  return {
    gpus(now) {
      if (child && now - heard_at > SILENT_ROUNDS * every_ms + BACKOFF_MAX_MS / 2) {
        heard_at = now;
        end();
      }
      for (const [index, { at }] of latest) if (now - at > FRESH_ROUNDS * every_ms + 1000) latest.delete(index);
      return [...latest.values()].map(({ gpu }) => gpu).sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
    },
  };
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
    const lines = (rest + piece).split("\n");
    rest = (lines.pop() ?? "").slice(-LINE_MAX);
    for (const line of lines) onLine(line.trim());
  });
}
