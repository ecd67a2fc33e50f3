import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StoredEvent } from "../../../protocol/index.ts";
import type { Context } from "./context.ts";
import { messages, range, withoutHole } from "./events.ts";
import { python } from "./runcast.ts";
import { exists, ofType, scalarsOf, type Watched, watch } from "./watched.ts";

const LINES = 150;

/** Three seconds of training: a line, a scalar and a step each 20 ms. It ends when the file is there. */
const program = (end: string) => `
import os, runcast, time
for n in range(${LINES}):
    runcast.progress(n, max_step=${LINES}, max_epoch=1)
    runcast.log({"loss": float(n)}, n)
    print(f"line {n}", flush=True)
    time.sleep(0.02)
while not os.path.exists(${JSON.stringify(end)}):
    time.sleep(0.02)
runcast.finish()`;

export type Training = Watched & {
  /** Lets the training end. */
  letEnd(): void;
  /** Lets it end once a viewer has seen its last step: what a hook still holds is lost with its process. */
  endWhenSeen(): Promise<void>;
};

/** Starts a training, and waits until its first third has come to a viewer. */
export async function underWay(at: Context, relay = at.target.url): Promise<Training> {
  const end = join(at.folder(), "end");
  const started = await watch(at, python(program(end)), { relay });
  await exists(at);
  const viewer = await at.viewer("?events=log,metrics");
  await viewer.nextEvent(({ message }) => Number(/^line (\d+)$/.exec(String(message))?.[1]) >= LINES / 3, 30_000);
  const letEnd = () => writeFileSync(end, "");
  return {
    ...started,
    letEnd,
    async endWhenSeen() {
      await viewer.nextEvent(({ steps }) => Array.isArray(steps) && steps.includes(LINES - 1), 60_000);
      letEnd();
    },
  };
}

/** Everything that the training told, once, and in order. */
export function whole(events: readonly StoredEvent[]): void {
  const told = range(0, LINES - 1);
  withoutHole(events, 1, events.length);
  assert.deepEqual(
    messages(events).filter((text) => /^line \d+$/.test(text)),
    told.map((n) => `line ${n}`),
  );
  assert.deepEqual(
    scalarsOf(events),
    told.map((n) => `loss ${n} ${n}`),
  );
  assert.equal(ofType(events, "training_status").at(-1)?.status, "completed");
}
