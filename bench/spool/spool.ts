/**
 * What the agent's spool takes and gives, on this machine's disk.
 *
 *     node bench/spool/spool.ts [--json] [--hours 4]
 *
 * The events are those of a busy run, ten steps a second. Recorded: a transaction for each tenth of a second, as the agent does it. Sent: read in batches
 * of 512 KiB, each of which gets its seqs and is then deleted, as with acks. Dropping: the same run in a spool of a tenth of the size.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSpool, type Spool } from "../../agent/spool/spool.ts";
import { AGENT_BATCH_AIM, BATCH_EVENTS_MAX } from "../../protocol/index.ts";
import { eventsOfTick } from "../../test/agent/support/training.ts";
import { temporaryFolder } from "../../test/support/temporary.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, hours: { type: "string", default: "4" } } });
const hours = Number(values.hours);
const folder = temporaryFolder();

function open(name: string, bytes?: number): Spool {
  const opened = openSpool(join(folder.path, name), bytes === undefined ? {} : { bytes });
  if (!opened.ok) throw new Error(opened.message);
  return opened.spool;
}

function timed(work: () => number): { events: number; per_second: number } {
  const started = performance.now();
  const events = work();
  return { events, per_second: Math.round(events / ((performance.now() - started) / 1000)) };
}

function record(spool: Spool): number {
  let events = 0;
  for (let tick = 0; tick < hours * 36_000; tick += 1) {
    spool.transaction(() => {
      for (const event of eventsOfTick(tick)) {
        spool.add(event);
        events += 1;
      }
    });
  }
  return events;
}

function send(spool: Spool): number {
  let events = 0;
  for (;;) {
    const batch = spool.outbox.read(spool.outbox.figures().sent + 1, { bytes: AGENT_BATCH_AIM, events: BATCH_EVENTS_MAX });
    if (!batch) return events;
    events += batch.bodies.length;
    spool.outbox.acknowledge(spool.outbox.figures().sent);
  }
}

try {
  const spool = open("whole.db");
  const recorded = timed(() => record(spool));
  const held = spool.outbox.held();
  const file = statSync(join(folder.path, "whole.db")).size;
  const sent = timed(() => send(spool));
  spool.close();
  const small = open("small.db", held / 10);
  const dropping = timed(() => record(small));
  const left = timed(() => send(small)).events;
  small.close();
  const mib_per_hour = Math.round((file / 2 ** 20 / hours) * 10) / 10;
  if (values.json) console.log(JSON.stringify({ recorded, sent, dropping: { ...dropping, left }, file, held, mib_per_hour }));
  else {
    console.log(`${recorded.events} events of ${hours} hours: ${mib_per_hour} MiB of file an hour`);
    console.log(`recorded ${recorded.per_second} a second, sent ${sent.per_second} a second`);
    console.log(`in a spool of a tenth: recorded ${dropping.per_second} a second, ${left} events left`);
  }
} finally {
  folder.remove();
}
