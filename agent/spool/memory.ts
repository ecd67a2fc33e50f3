import type { DatabaseSync } from "node:sqlite";
import { Damaged } from "./trouble.ts";

/** Values by key, as JSON. */
export type Memory = {
  /** @returns a remembered value, or undefined */
  recall(key: string): unknown;
  remember(key: string, value: unknown): void;
  forget(key: string): void;
};

export function openMemory(db: DatabaseSync): Memory {
  const get = db.prepare("SELECT value FROM meta WHERE key = ?");
  const set = db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
  const remove = db.prepare("DELETE FROM meta WHERE key = ?");
  return {
    recall: (key) => {
      const row = get.get(key);
      return row === undefined ? undefined : parse(key, String(row.value));
    },
    remember: (key, value) => void set.run(key, JSON.stringify(value)),
    forget: (key) => void remove.run(key),
  };
}

function parse(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Damaged(`what is remembered as ${key} cannot be read`);
  }
}
