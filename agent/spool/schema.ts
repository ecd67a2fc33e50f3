import type { DatabaseSync } from "node:sqlite";

/**
 * The steps from an empty file to the present form. A step that was released is never changed: files of an older version
 * lie on users' disks with events that were not delivered yet.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    seq INTEGER,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    body TEXT NOT NULL
  );
  CREATE UNIQUE INDEX events_seq ON events (seq) WHERE seq IS NOT NULL;
  CREATE TABLE hook_sessions (session TEXT PRIMARY KEY, last_n INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE uploads (id INTEGER PRIMARY KEY, sample TEXT NOT NULL);
  CREATE TABLE command_updates (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
  `,
];

/**
 * Brings a spool file to the present form, each step in a transaction of its own.
 * @throws where a newer version has written it: what that keeps in it is not known here
 */
export function migrate(db: DatabaseSync): void {
  db.exec("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)");
  const row = db.prepare("SELECT max(version) AS version FROM migrations").get();
  const have = Number(row?.version ?? 0);
  if (have > MIGRATIONS.length) {
    throw new Error(`a newer version of runcast has written it (form ${have}, this one knows ${MIGRATIONS.length}): update this one`);
  }
  for (const [index, step] of MIGRATIONS.entries()) {
    const version = index + 1;
    if (version <= have) continue;
    db.exec("BEGIN IMMEDIATE");
    db.exec(step);
    db.prepare("INSERT INTO migrations (version, applied_at) VALUES (?, ?)").run(version, new Date().toISOString());
    db.exec("COMMIT");
  }
}
