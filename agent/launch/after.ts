/** @returns `value` after `ms` milliseconds; the wait alone keeps no process alive */
export function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms).unref());
}
