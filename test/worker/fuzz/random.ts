/** Numbers from a seed: the same seed, the same numbers, on every machine. */
export type Random = {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number from 0 to below `n`. */
  below(n: number): number;
  chance(probability: number): boolean;
  /** One of them; undefined where there is none. */
  pick<T>(from: readonly T[]): T | undefined;
};

/** One of them, as often as its weight says. @param from not empty */
export function weighted<T extends { weight: number }>(from: readonly [T, ...T[]], dice: Random): T {
  let left = dice.next() * from.reduce((sum, { weight }) => sum + weight, 0);
  for (const one of from) {
    left -= one.weight;
    if (left < 0) return one;
  }
  return from[0];
}

/** A small generator of 32 bits (a Weyl sequence, mixed). @param seed any whole number */
export function random(seed: number): Random {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return { next, below, chance: (probability) => next() < probability, pick: (from) => from[below(from.length)] };
}
