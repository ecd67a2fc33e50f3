/** Milliseconds of the machine's own clock, with fractions: the same in every process, so that what one sends another can date. */
export function clock(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
