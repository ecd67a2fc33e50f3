/** What a user's function throws is told where uncaught errors are told: what comes after it must reach the user all the same. */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    // Browsers have it, Node has not.
    const { reportError } = globalThis as { reportError?: (error: unknown) => void };
    if (reportError) reportError(error);
    else
      queueMicrotask(() => {
        throw error;
      });
  }
}
