import { openSpool } from "../../../agent/spool/spool.ts";
import { logEvent } from "../support/events.ts";

/** A process that adds events, gives them seqs and acknowledges some, until it is killed. Prints each number once it is recorded. */
const opened = openSpool(process.argv[2] ?? "");
if (!opened.ok) {
  process.stdout.write(`${opened.reason}: ${opened.message}\n`);
  process.exit(1);
}
const { spool } = opened;
for (let n = 1; ; n += 1) {
  spool.transaction(() => {
    spool.add(logEvent(n));
    spool.remember("n", n);
  });
  const { sent } = spool.outbox.figures();
  if (n % 3 === 0) spool.outbox.read(sent + 1, { bytes: 1_000_000, events: 2 });
  if (n % 50 === 0) spool.outbox.acknowledge(sent - 10);
  process.stdout.write(`${n}\n`);
}
