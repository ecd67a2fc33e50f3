import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Relay } from "../../support/relay.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";
import { atEnd } from "./at-end.ts";
import type { BurstOptions, FromBurst, ToBurst } from "./burst.ts";

const BURST = fileURLToPath(new URL("burst.ts", import.meta.url));

const ENDLESS = 1e9;

type Wish = Partial<Omit<Extract<ToBurst, { type: "produce" }>, "type">>;
type Figures = Omit<Extract<FromBurst, { type: "figures" }>, "type">;

/** A producer in a process of its own: see `burst.ts`. */
export type Burst = {
  /** Begins to produce; 500 events a second, 10 at once, until `finish`, if not said. */
  produce(wish?: Wish): void;
  /** Sets its wall clock so far ahead. */
  setClock(skew_ms: number): void;
  /** The newest number in its spool. */
  produced(): number;
  figures(): Figures;
  /** What the uplink has told its user. */
  readonly said: readonly string[];
  isAlive(): boolean;
  kill9(): Promise<void>;
  /** Starts it again, with the spool that it left; or that was deleted, or overwritten, before. */
  again(spool?: "left" | "deleted" | "overwritten"): Promise<void>;
  /** Stops producing, waits until everything is acknowledged, and ends the process. @returns what was produced, of its stream */
  finish(): Promise<Record<string, number>>;
};

/** @param at a proxy in front of the relay */
export async function startBurst(
  relay: Relay,
  run: string,
  { stream = "main", at = relay.url, spool_bytes = null }: { stream?: string; at?: string; spool_bytes?: number | null } = {},
): Promise<Burst> {
  const folder = temporaryFolder();
  atEnd(folder.remove);
  const spool = join(folder.path, "run.db");
  const token = await relay.token("agent", run);
  const said: string[] = [];
  let produced = 0;
  let figures: Figures = { acked: 0, sent: 0, waiting: 0, live: false, life: "" };
  let finished = false;
  let child: ChildProcess;
  let exited: Promise<unknown>;

  const start = async () => {
    const options: BurstOptions = { stream, at, run, token, spool, spool_bytes, after: produced };
    let heard = false;
    child = fork(BURST, [JSON.stringify(options)], { execArgv: ["--disable-warning=ExperimentalWarning"] });
    exited = once(child, "exit");
    child.on("message", (message: FromBurst) => {
      heard = true;
      if (message.type === "produced") produced = message.n;
      else if (message.type === "figures") figures = message;
      else if (message.type === "said") said.push(message.text);
      else finished = true;
    });
    await until(() => heard, { what: "the producer", timeout_ms: 20_000 });
  };
  const kill9 = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  atEnd(kill9);
  await start();
  const send = (message: ToBurst) => void child.send(message);
  return {
    produce: (wish = {}) => send({ type: "produce", count: ENDLESS, at_once: 10, every_ms: 20, bytes: 0, filler: 0, span_ms: 0, ...wish }),
    setClock: (skew_ms) => send({ type: "clock", skew_ms }),
    produced: () => produced,
    figures: () => figures,
    said,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    kill9,
    again: async (found = "left") => {
      if (found !== "left") for (const file of [spool, `${spool}-wal`, `${spool}-shm`]) rmSync(file, { force: true });
      if (found === "overwritten") writeFileSync(spool, Buffer.alloc(200_000, 0xff));
      await start();
    },
    finish: async () => {
      send({ type: "finish" });
      await until(() => finished, { what: "the last ack", timeout_ms: 30_000 });
      child.disconnect();
      await exited;
      return { [stream]: produced };
    },
  };
}
