/**
 * @returns a signal that fires when we are asked to end: by a terminal, by a service manager, or because the launcher that started
 * us has gone without a word
 */
export function untilAsked(): AbortSignal {
  const stop = new AbortController();
  const ask = () => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, ask);
  process.on("disconnect", ask);
  return stop.signal;
}

/** Waits until the signal has fired. */
export function asked(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener("abort", () => resolve(), { once: true });
  });
}
