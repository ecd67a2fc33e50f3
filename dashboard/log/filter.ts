import type { LogLevel } from "../../protocol/index.ts";
import type { LogLine } from "./log-buffer.ts";

export type Filter = {
  /** The least level that is shown. */
  level: LogLevel;
  /** null: every source. */
  source: string | null;
  query: string;
  /** The query is a regular expression. */
  isPattern: boolean;
  /** Only lines that match are shown; else they are marked among the others. */
  onlyMatches: boolean;
};

export const NO_FILTER: Filter = { level: "debug", source: null, query: "", isPattern: false, onlyMatches: false };

export const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error", "critical"];
const RANK = new Map(LEVELS.map((level, index) => [level, index]));

export const rankOf = (level: LogLevel): number => RANK.get(level) ?? 0;

/** A query made ready; `none` where nothing is looked for. */
export type Search = { kind: "none" } | { kind: "pattern"; pattern: RegExp } | { kind: "invalid"; message: string };

/** Without regard to case. */
export function searchOf({ query, isPattern }: Pick<Filter, "query" | "isPattern">): Search {
  if (query === "") return { kind: "none" };
  const source = isPattern ? query : query.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  try {
    return { kind: "pattern", pattern: new RegExp(source, "giu") };
  } catch (error) {
    return { kind: "invalid", message: error instanceof Error ? error.message : String(error) };
  }
}

export function passes(line: LogLine, { level, source }: Filter): boolean {
  return rankOf(line.level) >= rankOf(level) && (source === null || line.source === source);
}

export function matches(line: LogLine, search: Search): boolean {
  if (search.kind !== "pattern") return false;
  search.pattern.lastIndex = 0;
  return search.pattern.test(line.text);
}

/** Where a text matches, as `[from, to)`; one that matches nothing but emptiness has none. */
export function spansOf(text: string, search: Search): { from: number; to: number }[] {
  if (search.kind !== "pattern") return [];
  return [...text.matchAll(search.pattern)].flatMap(({ index, 0: found }) =>
    found === "" ? [] : [{ from: index, to: index + found.length }],
  );
}
