import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { childrenOf, runcast, type Started } from "../../e2e/support/runcast.ts";
import type { Relay } from "../../support/relay.ts";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";

const TRAINER = fileURLToPath(new URL("trainer.ts", import.meta.url));

/** `runcast run` with the talking trainer. */
export type Training = Started & {
  /** How many lines the trainer has printed; the last may be on its way. */
  produced(): number;
  /** The id of the agent's process; waits for one other than `not`. */
  agent(not?: number): Promise<number>;
  trainer(): Promise<number>;
  /** Lets the trainer end by itself, and waits until `runcast run` has ended. @returns its exit code */
  finish(): Promise<number | null>;
};

/** @param at a proxy in front of the relay; `env` for `runcast run` and everything under it */
export async function train(
  relay: Relay,
  run: string,
  { at = relay.url, every_ms = 20, env = {} }: { at?: string; every_ms?: number; env?: Record<string, string> } = {},
): Promise<Training> {
  const folder = folderForTest();
  const truth = join(folder, "truth");
  const command = ["--", process.execPath, TRAINER, truth, String(every_ms)];
  const started = runcast(["run", "--run", run, ...command], folder, {
    RUNCAST_RELAY: at,
    RUNCAST_TOKEN: await relay.token("agent", run),
    ...env,
  });
  const stop = () => writeFileSync(`${truth}.stop`, "");
  onTestFinished(stop);
  const child = (what: string, wanted: (command: string) => boolean, not?: number) => {
    const find = () => childrenOf(started.child.pid).find(({ pid, command }) => pid !== not && wanted(command))?.pid;
    return until(find, { what, timeout_ms: 20_000 });
  };
  return {
    ...started,
    produced: () => statSync(truth, { throwIfNoEntry: false })?.size ?? 0,
    agent: (not) => child("the agent", (line) => line.includes("_agent"), not),
    trainer: () => child("the trainer", (line) => line.includes(TRAINER)),
    finish: async () => {
      stop();
      return (await started.exited).code;
    },
  };
}
