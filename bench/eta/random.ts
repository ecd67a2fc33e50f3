/** A small generator of reproducible random numbers (mulberry32), so that a figure can be had again from its seed. */
export type Random = { uniform(): number; normal(): number; pick<T>(choices: readonly [T, ...T[]]): T };

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    pick: ([first, ...rest]) => [first, ...rest][Math.floor(uniform() * (rest.length + 1))] ?? first,
  };
}
