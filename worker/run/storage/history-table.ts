import { HISTORY_BYTES_MAX } from "../../../protocol/index.ts";
import type { SegmentSource } from "../history/read-curves.ts";
import { NOT_SEALED, type NotSealed, type Sealed } from "../history/sealing.ts";
import type { Segment } from "../history/segment.ts";
import { utf8Bytes } from "../utf8.ts";
import type { SqlPort } from "./sql-port.ts";

type NewestRow = Sealed & { bytes_end: number };

/** The rows of the history, one a segment. Each carries the sum of all bytes up to its end, as the log's do. */
export class HistoryTable implements SegmentSource {
  readonly #sql: SqlPort;
  /** Read when it is first asked for; undefined until then. */
  #newest: NewestRow | null | undefined;

  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  /** Forgets what was in memory. */
  load(): void {
    this.#newest = undefined;
  }

  sealed(): Sealed | NotSealed {
    return this.#readNewest() ?? NOT_SEALED;
  }

  /**
   * Call inside the transaction that stores the last of their events. The oldest rows go where there are too many bytes; the newest stays.
   * @param end how far the log goes with them
   */
  append(segments: Iterable<Segment>, end: Sealed, bytesMax = HISTORY_BYTES_MAX): void {
    let bytes_end = this.#readNewest()?.bytes_end ?? 0;
    for (const { head, summary, points } of segments) {
      const bytes = utf8Bytes(head) + summary.byteLength + points.byteLength;
      bytes_end += bytes;
      this.#sql.exec(
        "INSERT INTO history (through, log_bytes, sealed_at, bytes, bytes_end, head, summary, points) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        end.through,
        end.log_bytes,
        end.sealed_at,
        bytes,
        bytes_end,
        head,
        summary,
        points,
      );
    }
    this.#newest = { ...end, bytes_end };
    this.#trim(bytes_end - bytesMax);
  }

  *heads(): Generator<{ id: number; head: string }> {
    yield* this.#sql.exec<{ id: number; head: string }>("SELECT id, head FROM history ORDER BY id");
  }

  summary(id: number): Float64Array {
    return this.#floats("SELECT summary AS floats FROM history WHERE id = ?", id);
  }

  points(id: number): Float64Array {
    return this.#floats("SELECT points AS floats FROM history WHERE id = ?", id);
  }

  /** Deletes the oldest rows up to where all bytes before were so many. Looks at them one by one: a condition on bytes would read them all. */
  #trim(bytesBefore: number): void {
    for (;;) {
      const query = "SELECT id, bytes_end FROM history ORDER BY id LIMIT 1";
      const oldest = this.#sql.exec<{ id: number; bytes_end: number }>(query).toArray()[0];
      if (!oldest || oldest.bytes_end > bytesBefore) return;
      this.#sql.exec("DELETE FROM history WHERE id = ?", oldest.id);
    }
  }

  #floats(query: string, id: number): Float64Array {
    return new Float64Array(this.#sql.exec<{ floats: ArrayBuffer }>(query, id).toArray()[0]?.floats ?? new ArrayBuffer(0));
  }

  #readNewest(): NewestRow | null {
    const query = "SELECT through, log_bytes, sealed_at, bytes_end FROM history ORDER BY id DESC LIMIT 1";
    if (this.#newest === undefined) this.#newest = this.#sql.exec<NewestRow>(query).toArray()[0] ?? null;
    return this.#newest;
  }
}
