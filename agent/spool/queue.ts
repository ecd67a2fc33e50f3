import type { DatabaseSync } from "node:sqlite";

/** Work that is open, oldest first. */
export type Queue = {
  add(item: unknown): void;
  /** @returns the open items with the keys to remove them by; at most `limit`. */
  list(limit: number): { key: number; item: unknown }[];
  remove(key: number): void;
  count(): number;
};

/** @param table and column: names from the schema, never from outside */
export function openQueue(db: DatabaseSync, table: "uploads" | "command_updates", column: "sample" | "body"): Queue {
  const insert = db.prepare(`INSERT INTO ${table} (${column}) VALUES (?)`);
  const select = db.prepare(`SELECT id, ${column} AS item FROM ${table} ORDER BY id LIMIT ?`);
  const remove = db.prepare(`DELETE FROM ${table} WHERE id = ?`);
  const count = db.prepare(`SELECT count(*) AS n FROM ${table}`);
  return {
    add: (item) => void insert.run(JSON.stringify(item)),
    list: (limit) => select.all(limit).map((row) => ({ key: Number(row.id), item: JSON.parse(String(row.item)) as unknown })),
    remove: (key) => void remove.run(key),
    count: () => Number(count.get()?.n ?? 0),
  };
}
