import type { AnyEvent } from "../../protocol/events.ts";
import { LOG_LINE_MAX } from "../../protocol/limits.ts";
import { cutText } from "../translate/cut-text.ts";
import { redrawnShape, tqdmShape } from "./bar-shape.ts";
import { BAR_MS, type Bar, type BarLine, barsDue, drawBar, endBar, endBars, takeBars } from "./bars.ts";
import { levelOf, type Traceback } from "./level.ts";
import { type Drawn, draw, initialLine, isVisible, type LineState, leave } from "./line.ts";
import { initialScanner, type ScannerState, scan } from "./scanner.ts";
import { decodePiece } from "./utf8.ts";

/** All that has to be remembered between two pieces: plain JSON, bounded however long a line is. */
export type ConsoleState = {
  pending: number[];
  scanner: ScannerState;
  line: LineState;
  /** When the unfinished line was drawn, until a bar's state was taken from it; null for none. */
  drawn_at: number | null;
  bars: Bar[];
  /** The label of the line that is being drawn over, where it is not one of tqdm's bars. */
  redrawn: string | null;
  traceback: Traceback;
};

/**
 * Makes `log` events of one of the trainer's output streams. Lines become events as they end; a progress bar, or any line that is drawn
 * over, is told at most once a second while it moves, and its last state always. Such an event has `progress: true` and in `bar` a name
 * that all states of the bar share, so that a viewer can show it as one live line.
 *
 * Pure: the caller owns the timer. `now` is milliseconds since 1970.
 */
export type ConsoleReader = {
  /** @param bytes a piece of the stream, cut anywhere */
  write(bytes: Uint8Array, now: number): AnyEvent[];
  /** @returns when {@link ConsoleReader.take} will have something, or null */
  due(): number | null;
  /** @returns the bars whose second is over */
  take(now: number): AnyEvent[];
  /** The stream has ended: the unfinished line, and every bar's last state. */
  end(now: number): AnyEvent[];
  state(): ConsoleState;
};

const initialConsole = (): ConsoleState => ({
  pending: [],
  scanner: initialScanner(),
  line: initialLine(),
  drawn_at: null,
  bars: [],
  redrawn: null,
  traceback: "outside",
});

/** @param state what an earlier reader's `state()` gave, for a stream that goes on */
export function createConsole(source: "stdout" | "stderr", state: ConsoleState = initialConsole()): ConsoleReader {
  const memory = structuredClone(state);
  const { bars } = memory;

  const barEvents = (lines: BarLine[], now: number): AnyEvent[] =>
    lines.map(({ text, bar }) => ({ ...logEvent(now, source, "info", text), progress: true, bar }));

  const lineEvent = ({ text, bytes }: Drawn, now: number): AnyEvent => {
    const { level, traceback } = levelOf(text, memory.traceback);
    memory.traceback = traceback;
    return logEvent(now, source, level, cutText(text, LOG_LINE_MAX, bytes));
  };

  /** @param at when it was drawn */
  const barLines = (text: string, bytes: number, over: boolean, at: number): BarLine[] | null => {
    const bar = tqdmShape(text);
    if (!bar && !over) return null;
    const shape = bar ?? redrawnShape(text);
    if (!bar) memory.redrawn ??= shape.label;
    const label = bar ? bar.label : (memory.redrawn ?? shape.label);
    return drawBar(bars, { ...shape, label }, cutText(text, LOG_LINE_MAX, bytes), at);
  };

  const drawn = (line: Drawn, now: number): AnyEvent[] => {
    const told = barLines(line.text, line.bytes, line.left_by === "return", now);
    if (told) return barEvents(told, now);
    const label = memory.redrawn;
    memory.redrawn = null;
    return label === null ? [lineEvent(line, now)] : lastOfRedrawn(line, label, now);
  };

  /** The line that was drawn over ends: where a state of it was told, this is its last one; else an ordinary line, said once. */
  const lastOfRedrawn = (line: Drawn, label: string, now: number): AnyEvent[] => {
    const bar = bars.find((one) => one.label === label);
    if (!bar) return [lineEvent(line, now)];
    bar.text = cutText(line.text, LOG_LINE_MAX, line.bytes);
    if (bar.said !== null) return barEvents(endBar(bars, label, now), now);
    bars.splice(bars.indexOf(bar), 1);
    return [lineEvent(line, now)];
  };

  return {
    write(bytes, now) {
      const { text, pending } = decodePiece(memory.pending, bytes);
      memory.pending = pending;
      const events: AnyEvent[] = [];
      for (const token of scan(memory.scanner, text)) {
        const line = draw(memory.line, token);
        if (line) events.push(...drawn(line, now));
      }
      memory.drawn_at = isVisible(memory.line) ? now : null;
      return events;
    },
    due() {
      const standing = standsAsBar(memory) && memory.drawn_at !== null ? memory.drawn_at + BAR_MS : null;
      const moving = barsDue(bars);
      return standing === null || moving === null ? (standing ?? moving) : Math.min(standing, moving);
    },
    take(now) {
      const { line, drawn_at } = memory;
      const told: BarLine[] = [];
      if (drawn_at !== null && standsAsBar(memory) && (now >= drawn_at + BAR_MS || now < drawn_at)) {
        told.push(...(barLines(line.text, line.bytes, true, drawn_at) ?? []));
        memory.drawn_at = null;
      }
      return barEvents([...told, ...takeBars(bars, now)], now);
    },
    end(now) {
      const rest = memory.pending.length > 0 ? draw(memory.line, { kind: "text", text: "\ufffd" }) : null;
      memory.pending = [];
      const last = leave(memory.line, "end");
      const lines = [rest, last].filter((line) => line !== null).flatMap((line) => drawn(line, now));
      return [...lines, ...barEvents(endBars(bars, now), now)];
    },
    state: () => structuredClone(memory),
  };
}

/** A slow bar stands on a line that nothing has ended yet: its state is not kept back until the next one comes. */
function standsAsBar({ line }: ConsoleState): boolean {
  return line.returned || line.redraws || tqdmShape(line.text) !== null;
}

function logEvent(now: number, source: string, level: string, message: string): AnyEvent {
  return { type: "log", timestamp: new Date(now).toISOString(), level, message, source };
}
