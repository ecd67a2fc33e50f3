/**
 * A wall clock that is wrong, for a process that loads this first (`node --import`): CLOCK_SKEW_MS is how far it is ahead. Only the wall
 * clock: timers and `performance` go on as they do when somebody sets a machine's clock.
 */
const RealDate = Date;
let skew = Number(process.env.CLOCK_SKEW_MS ?? "0");

const SkewedDate = new Proxy(RealDate, {
  construct: (target, args, self) => Reflect.construct(target, args.length === 0 ? [RealDate.now() + skew] : args, self),
  get: (target, name, self) => (name === "now" ? () => RealDate.now() + skew : Reflect.get(target, name, self)),
});
globalThis.Date = SkewedDate;

/** Sets the clock. @param ms how far it is ahead from now on */
export function setSkew(ms: number): void {
  skew = ms;
}
