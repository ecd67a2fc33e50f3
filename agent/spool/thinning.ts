import type { DatabaseSync } from "node:sqlite";
import { LATEST_WINS } from "../../protocol/index.ts";
import type { Dropped } from "./drop-report.ts";

/** PR4: what may be dropped, in this order. Status, samples, metrics, results and types that this version does not know are not here. */
const DROPPED_FIRST: readonly (readonly string[])[] = [[...LATEST_WINS], ["log"]];

/** Up to which row each kind was looked through: all of it up to there is gone or numbered, so no row is looked at twice. */
export type Scanned = readonly number[];

export type Thinning = {
  /** @param id no row up to here waits */
  from(id: number): Scanned;
  /**
   * Drops the oldest waiting events that may be dropped. Runs inside a transaction.
   * @param bytes to be freed
   * @param newest the id of the newest row
   */
  drop(bytes: number, scanned: Scanned, newest: number): { freed: number; rows: number; scanned: Scanned; dropped: Omit<Dropped, "over"> };
};

/** @param rowBytes what a row costs beside its event */
export function createThinning(db: DatabaseSync, rowBytes: number): Thinning {
  // The rows are in the order of their ids, and what is looked at stands before an event's body: no index is needed, nor paid for by each event.
  const kinds = DROPPED_FIRST.map((types) => {
    const which = `id > ? AND id <= ? AND seq IS NULL AND type IN (${types.map((type) => `'${type}'`).join(", ")})`;
    return {
      rows: db.prepare(`SELECT id, type, size FROM events WHERE ${which} ORDER BY id`),
      remove: db.prepare(`DELETE FROM events WHERE ${which}`),
    };
  });
  const timestamp = db.prepare("SELECT body ->> 'timestamp' AS at FROM events WHERE id = ? AND json_valid(body)");
  const timeOf = (id: number): string[] => {
    const at = timestamp.get(id)?.at;
    return typeof at === "string" ? [at] : [];
  };

  return {
    from: (id) => kinds.map(() => id),
    drop: (bytes, scanned, newest) => {
      const types: Record<string, number> = {};
      const times: string[] = [];
      let freed = 0;
      let rows = 0;
      const reached = kinds.map(({ rows: waiting, remove }, kind) => {
        const after = scanned[kind] ?? 0;
        let [first, last] = [0, after];
        if (freed >= bytes) return after;
        for (const row of waiting.iterate(after, newest)) {
          last = Number(row.id);
          first ||= last;
          freed += Number(row.size) + rowBytes;
          rows += 1;
          const type = String(row.type);
          types[type] = (types[type] ?? 0) + 1;
          if (freed >= bytes) break;
        }
        if (first) {
          times.push(...timeOf(first), ...timeOf(last));
          remove.run(after, last);
        }
        return freed >= bytes ? last : newest;
      });
      times.sort();
      return { freed, rows, scanned: reached, dropped: { types, from: times[0] ?? null, to: times.at(-1) ?? null } };
    },
  };
}
