import { openSpool } from "../../../agent/spool/spool.ts";
import { logEvent } from "../support/events.ts";

/** A process that adds more than its spool may hold, and sends a little, until it is killed. Prints each number once it is recorded. */
const [, , path = "", bytes] = process.argv;
const opened = openSpool(path, { bytes: Number(bytes) });
if (!opened.ok) throw new Error(opened.message);
const { spool } = opened;
for (let n = Number(spool.recall("n") ?? 0) + 1; ; n += 1) {
  spool.transaction(() => {
    for (const type of ["training_progress", "log", "metrics"]) {
      // Metrics are small: they are never dropped, and there must be something beside them.
      spool.add(type === "metrics" ? { type, n } : { ...logEvent(n), type });
    }
    spool.remember("n", n);
  });
  if (n % 200 === 0) spool.outbox.read(spool.outbox.figures().sent + 1, { bytes: 1_000_000, events: 3 });
  if (n % 10 === 0) process.stdout.write(`${n}\n`);
}
