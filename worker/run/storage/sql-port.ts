/** The part of the platform's SQLite that the room uses. `exec` is synchronous; cursors are consumed before any `await`. */
export type SqlPort = {
  exec<T extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): Iterable<T> & { toArray(): T[] };
};
export type SqlValue = string | number | ArrayBuffer | null;
export type StoragePort = { sql: SqlPort; transactionSync<T>(work: () => T): T };
