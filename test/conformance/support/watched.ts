import type { StoredEvent } from "../../../protocol/index.ts";
import { until } from "../../support/until.ts";
import type { Context } from "./context.ts";
import type { Started } from "./runcast.ts";

/** A command that `runcast run` runs, and the case's run is made of. */
export type Watched = Started & {
  /** Its end, and the run's whole log after it. */
  over(): Promise<{ code: number | null; events: StoredEvent[] }>;
};

/** Starts a command under `runcast run`, for the case's run. @param words the command, after `--` */
export async function watch(
  at: Context,
  words: readonly string[],
  {
    relay = at.target.url,
    options = [],
    environment = {},
  }: { relay?: string; options?: string[]; environment?: Record<string, string> } = {},
): Promise<Watched> {
  const token = await at.token("agent");
  const started = at.runcast(["run", "--relay", relay, "--token", token, "--run", at.run, ...options, ...words], environment);
  return {
    ...started,
    async over() {
      const { code } = await started.closed;
      return { code, events: await at.log() };
    },
  };
}

/** Waits until the run is there: it comes into being with the agent's hello. */
export async function exists(at: Context): Promise<void> {
  const there = async () => (await at.http(`/api/runs/${at.run}`, "viewer")).status === 200;
  await until(there, { what: "the run", timeout_ms: 30_000 });
}

export function ofType(events: readonly StoredEvent[], type: string): StoredEvent[] {
  return events.filter((event) => event.type === type);
}

/** Every scalar in `metrics` events, as `tag step value`, in their order. */
export function scalarsOf(events: readonly StoredEvent[]): string[] {
  return ofType(events, "metrics").flatMap((event) => {
    const { steps, series } = event as unknown as { steps: number[]; series: Record<string, (number | string | null)[]> };
    return Object.entries(series).flatMap(([tag, values]) =>
      values.flatMap((value, index) => (value === null ? [] : [`${tag} ${steps[index]} ${value}`])),
    );
  });
}
