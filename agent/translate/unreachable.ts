/** Ends a switch over a union: a case that is missing does not compile, and one that comes all the same is a bug. */
export function unreachable(value: never): never {
  throw new Error(`not handled: ${JSON.stringify(value)}`);
}
