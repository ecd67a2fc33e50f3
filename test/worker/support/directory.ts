import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { openTables } from "../../../worker/directory/schema.ts";
import { TokenBook } from "../../../worker/directory/token-book.ts";
import type { Env } from "../../../worker/env.ts";
import { newRun, room } from "./rooms.ts";

const bindings = env as unknown as Env;

/** The relay's own directory. */
export function directory() {
  return bindings.DIRECTORY.get(bindings.DIRECTORY.idFromName("directory"));
}

/** Does something to the tables of the relay's directory. */
export async function inDirectory<T>(play: (sql: SqlStorage) => T): Promise<T> {
  return runInDurableObject(directory(), (_, state) => play(state.storage.sql));
}

/** A book of tokens over real storage that nobody else uses, to play with the clock. */
export async function bookAlone(play: (book: TokenBook, sql: SqlStorage) => void): Promise<void> {
  await runInDurableObject(room(newRun()), (_, state) => {
    openTables(state.storage.sql);
    play(new TokenBook(state.storage.sql), state.storage.sql);
  });
}

/** Adds many rows to a table at once. @param values of row `n` from 1 on, in SQL */
export function fill(sql: SqlStorage, table: string, rows: number, values: string): void {
  sql.exec(
    `INSERT INTO ${table} WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${rows}) SELECT ${values} FROM counted`,
  );
}
