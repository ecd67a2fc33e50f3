import type { SqlPort } from "./sql-port.ts";

/**
 * The steps from an empty object to the present tables. The version stands in `meta`: `PRAGMA user_version` is refused by the platform.
 * Append; never edit one that has shipped: objects of that version sleep on disks and on Cloudflare until somebody asks for their run.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE lives (id INTEGER PRIMARY KEY, life TEXT NOT NULL, base INTEGER NOT NULL, start_seq INTEGER NOT NULL);
   CREATE TABLE logs (id INTEGER PRIMARY KEY, log_id TEXT NOT NULL, first_offset INTEGER NOT NULL);
   CREATE TABLE chunks (first_offset INTEGER PRIMARY KEY, last_offset INTEGER NOT NULL, life INTEGER NOT NULL, last_seq INTEGER NOT NULL,
     stored_at INTEGER NOT NULL, bytes INTEGER NOT NULL, bytes_end INTEGER NOT NULL, events TEXT NOT NULL, state TEXT);
   CREATE TABLE samples (offset INTEGER PRIMARY KEY, sample_id TEXT NOT NULL, event TEXT NOT NULL);
   CREATE TABLE commands (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;`,
  // Open commands stand in every welcome: without the index a join would read every command that the run ever had.
  `ALTER TABLE commands ADD COLUMN open INTEGER NOT NULL DEFAULT 0;
   UPDATE commands SET open = 1 WHERE json_extract(record, '$.record.state') IN ('queued', 'delivered');
   CREATE INDEX commands_open ON commands (open) WHERE open = 1;`,
  // Events of the room's own that wait for the producer to send again what viewers may have seen.
  "CREATE TABLE held (id INTEGER PRIMARY KEY, event TEXT NOT NULL);",
  // What the run keeps in the bucket. Those stored by an older relay are not in it: they cost nothing.
  "CREATE TABLE blobs (sha256 TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;",
  // When a blob was claimed that has not been stored yet, in milliseconds since 1970; null once it is, and for all of an older relay.
  `ALTER TABLE blobs ADD COLUMN claimed_at INTEGER;
   CREATE INDEX blobs_claimed ON blobs (claimed_at) WHERE claimed_at IS NOT NULL;`,
  // Points that outlive the log. What an older relay has in its log is sealed with the next chunk. The blobs stand last: a head is read without them.
  `CREATE TABLE history (id INTEGER PRIMARY KEY, through INTEGER NOT NULL, log_bytes INTEGER NOT NULL, sealed_at INTEGER NOT NULL,
     bytes INTEGER NOT NULL, bytes_end INTEGER NOT NULL, head TEXT NOT NULL, summary BLOB NOT NULL, points BLOB NOT NULL);`,
  // Where a life begins in the log: a resumed training's curve is told apart. Of an older relay's lives that is not known.
  "ALTER TABLE lives ADD COLUMN first_offset INTEGER NOT NULL DEFAULT 0;",
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the tables to the present version. Call inside a transaction.
 * @param from the version that they have, 0 for none
 * @throws Error for tables of a later version: this relay would misread them
 */
export function migrate(sql: SqlPort, from: number): void {
  if (from > SCHEMA_VERSION) throw new Error(`this run was stored by a newer relay (schema ${from}, known here: ${SCHEMA_VERSION})`);
  for (const step of MIGRATIONS.slice(from)) sql.exec(step);
  if (from < SCHEMA_VERSION) sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES ('schema', ?)", String(SCHEMA_VERSION));
}
