import type { Block } from "./state.ts";

/** Blocks of about one size that are kept before the two oldest of them become one: bounds the history to their number times log2(steps). */
const BLOCKS_PER_SIZE = 4;

/** Appends a block and merges older ones; O(log n). */
export function addBlock(history: Block[], block: Block): void {
  history.push(block);
  let end = history.length;
  while (end > 0) {
    const size = sizeOf(history[end - 1]);
    let start = end;
    while (start > 0 && sizeOf(history[start - 1]) <= size) start--;
    const [oldest, next] = [history[start], history[start + 1]];
    if (end - start <= BLOCKS_PER_SIZE || !oldest || !next) return;
    history.splice(start, 2, merge(oldest, next));
    end = start + 1;
  }
}

const sizeOf = (block: Block | undefined): number => Math.floor(Math.log2(Math.max(1, block?.steps ?? 1)));

/** @returns both blocks as one: exact for steps, mean and squared deviations */
export function merge(a: Block, b: Block): Block {
  const steps = a.steps + b.steps;
  const apart = b.mean - a.mean;
  return {
    steps,
    mean: a.mean + (apart * b.steps) / steps,
    deviation: a.deviation + b.deviation + (apart * apart * a.steps * b.steps) / steps,
  };
}
