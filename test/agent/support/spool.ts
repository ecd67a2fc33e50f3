import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openSpool, type Spool, type SpoolOptions } from "../../../agent/spool/spool.ts";
import type { AnyEvent } from "../../../protocol/index.ts";
import { folderForTest } from "../../support/temporary.ts";

/** A spool in a folder of its own; it is closed when the test is over. */
export function spoolForTest(path: string = join(folderForTest(), "run.db"), options: SpoolOptions = {}): Spool {
  const opened = openSpool(path, options);
  if (!opened.ok) throw new Error(opened.message);
  let open = true;
  onTestFinished(() => {
    if (open) opened.spool.close();
  });
  const { spool } = opened;
  const once = (end: () => void) => () => {
    open = false;
    end();
  };
  return { ...spool, close: once(spool.close), destroy: once(spool.destroy) };
}

/** @returns every event in a spool, first those with a seq; those without get theirs. */
export function eventsIn({ outbox }: Spool): AnyEvent[] {
  const { acked } = outbox.figures();
  const events: AnyEvent[] = [];
  for (let from = acked + 1; ; ) {
    const batch = outbox.read(from, { bytes: 1e9, events: 100_000 });
    if (!batch) return events;
    events.push(...batch.bodies.map((body): AnyEvent => JSON.parse(body)));
    from = batch.first + batch.bodies.length;
  }
}
