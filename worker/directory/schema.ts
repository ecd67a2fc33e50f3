import type { SqlPort } from "../run/storage/sql-port.ts";

/** Adds what is not there yet. Append; never change a table that has shipped. Times are seconds since 1970. */
export function openTables(sql: SqlPort): void {
  sql.exec(
    `CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, created_at TEXT NOT NULL, summary TEXT NOT NULL) WITHOUT ROWID;
     CREATE TABLE IF NOT EXISTS tokens (jti TEXT PRIMARY KEY, run TEXT, maker TEXT NOT NULL, record TEXT NOT NULL, ends INTEGER NOT NULL) WITHOUT ROWID;
     CREATE TABLE IF NOT EXISTS revoked (jti TEXT NOT NULL, scope TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (jti, scope)) WITHOUT ROWID;
     CREATE TABLE IF NOT EXISTS touched (token TEXT NOT NULL, run TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (token, run)) WITHOUT ROWID;
     CREATE TABLE IF NOT EXISTS untold (jti TEXT NOT NULL, run TEXT NOT NULL, PRIMARY KEY (jti, run)) WITHOUT ROWID;
     CREATE TABLE IF NOT EXISTS payers (jti TEXT NOT NULL, scope TEXT NOT NULL, payer TEXT NOT NULL, PRIMARY KEY (jti, scope)) WITHOUT ROWID;`,
  );
}
