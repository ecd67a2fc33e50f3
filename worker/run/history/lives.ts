/** Where a life of the producer begins in the log. A training that is resumed into the same run is another life. */
export type LifeStart = { id: number; first_offset: number };

/** @returns the life that the event at an offset is of; {@link UNKNOWN_LIFE} where that is not known any more */
export type LifeOf = (offset: number) => number;

/** Of points that an older relay sealed, which are told apart from none. */
export const UNKNOWN_LIFE = 0;

/** @param starts by rising id, and so by rising offset */
export function lifeFinder(starts: readonly LifeStart[]): LifeOf {
  return (offset) => starts.findLast(({ first_offset }) => first_offset <= offset)?.id ?? UNKNOWN_LIFE;
}
