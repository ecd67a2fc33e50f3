import { createHash } from "node:crypto";
import type { AnyEvent } from "../../../protocol/index.ts";

/** What was produced: of each stream the numbers 1, 2, … up to this one, in this order. It is kept by the producers, outside of runcast. */
export type Produced = Readonly<Record<string, number>>;

/** Which of the produced events this is; events of other origin have none. */
export type Mark = { stream: string; n: number };

/** An event as somebody holds it. */
export type Held = { offset: number; mark: Mark | null; text: string };

/** What is wrong with what somebody holds. */
export type Findings = {
  /** Numbers that were produced and are not there. */
  lost: number;
  /** Numbers, or offsets, that are there again. */
  doubled: number;
  /** Numbers, or offsets, that come after a later one. */
  out_of_order: number;
  /** Offsets missing between the first and the last. */
  holes: number;
  /** Events that are not what the log has at their offset: an offset that changed its meaning. */
  moved: number;
};

export const NOTHING_WRONG: Findings = { lost: 0, doubled: 0, out_of_order: 0, holes: 0, moved: 0 };

/** @returns the message of a produced `log` event, or the `mark` of another one: {@link markOf} finds its number there */
export function markText(stream: string, n: number): string {
  return `${stream} #${n}`;
}

export function markOf(event: AnyEvent): Mark | null {
  const text = event.type === "log" ? event.message : event.mark;
  const match = typeof text === "string" ? /^(\w+) #(\d+)\b/.exec(text) : null;
  return match?.[1] ? { stream: match[1], n: Number(match[2]) } : null;
}

/** A longer event is held as its digest: several viewers hold each. */
const LONG = 2048;
const digest = (text: string): string => createHash("sha256").update(text).digest("base64");

export function hold(event: AnyEvent): Held {
  // By sorted names: who parses and writes an event again may have its fields in another order.
  const text = JSON.stringify(Object.fromEntries(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1))));
  return { offset: event.offset ?? 0, mark: markOf(event), text: text.length > LONG ? digest(text) : text };
}

/**
 * Compares what was produced with what somebody holds.
 * @param log the whole log as it is now, to find offsets that changed their meaning
 * @param sinceFirst nothing before the first number held is asked for: the holder was told to start over
 */
export function compare(
  produced: Produced,
  held: readonly Held[],
  { log, sinceFirst = false }: { log: readonly Held[]; sinceFirst?: boolean },
): Findings {
  const offsets = held.map(({ offset }) => offset);
  const inOffsets = inOneLine(offsets);
  const findings: Findings = { ...NOTHING_WRONG, doubled: inOffsets.doubled, out_of_order: inOffsets.out_of_order };
  findings.holes = new Set(offsets).size === 0 ? 0 : span(offsets) - new Set(offsets).size;
  const now = new Map(log.map(({ offset, text }) => [offset, text]));
  findings.moved = held.filter(({ offset, text }) => now.get(offset) !== text).length;
  for (const [stream, last] of Object.entries(produced)) {
    const numbers = held.flatMap(({ mark }) => (mark?.stream === stream ? [mark.n] : []));
    const { doubled, out_of_order } = inOneLine(numbers);
    // A pair of wrong offsets shows in the numbers too: it is one fault.
    findings.doubled = Math.max(findings.doubled, doubled);
    findings.out_of_order = Math.max(findings.out_of_order, out_of_order);
    const there = new Set(numbers);
    const first = sinceFirst ? (numbers[0] ?? last + 1) : 1;
    for (let n = first; n <= last; n += 1) if (!there.has(n)) findings.lost += 1;
  }
  return findings;
}

export function sum(all: readonly Findings[]): Findings {
  const total = { ...NOTHING_WRONG };
  for (const findings of all) for (const name of Object.keys(total) as (keyof Findings)[]) total[name] += findings[name];
  return total;
}

function inOneLine(numbers: readonly number[]): { doubled: number; out_of_order: number } {
  const seen = new Set<number>();
  let highest = Number.NEGATIVE_INFINITY;
  let [doubled, out_of_order] = [0, 0];
  for (const n of numbers) {
    if (seen.has(n)) doubled += 1;
    else if (n < highest) out_of_order += 1;
    seen.add(n);
    highest = Math.max(highest, n);
  }
  return { doubled, out_of_order };
}

/** By a loop: a long list does not fit into the arguments of `Math.max`. */
function span(numbers: readonly number[]): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const n of numbers) [low, high] = [Math.min(low, n), Math.max(high, n)];
  return high - low + 1;
}
