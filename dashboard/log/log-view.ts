import { type Filter, matches, NO_FILTER, passes, rankOf, type Search, searchOf } from "./filter.ts";
import type { LogBuffer, LogLine } from "./log-buffer.ts";
import { Rows, rowsOf } from "./rows.ts";

/** How far the buffer was when it was last looked at. */
type Seen = { beginning: number | null; length: number };

/**
 * What of the log is shown: the lines that pass the filter, where they stand, and which match. New lines are added to it; all is looked
 * through again only when the filter, the width or the beginning of the log has changed.
 */
export class LogView {
  readonly rows = new Rows();
  #shown: LogLine[] = [];
  /** Places in `shown` of lines that match, rising. */
  #matches: number[] = [];
  #filter: Filter = NO_FILTER;
  #search: Search = { kind: "none" };
  #columns: number | null = null;
  #seen: Seen = { beginning: null, length: 0 };
  /** Lines by the rank of their level, and by source, in the whole buffer. */
  #levels = [0, 0, 0, 0, 0];
  #sources = new Set<string>();

  get shown(): readonly LogLine[] {
    return this.#shown;
  }

  get matches(): readonly number[] {
    return this.#matches;
  }

  get search(): Search {
    return this.#search;
  }

  get sources(): readonly string[] {
    return [...this.#sources].sort();
  }

  /** @returns how many lines there are of that rank and above */
  countFrom(rank: number): number {
    return this.#levels.slice(rank).reduce((sum, count) => sum + count, 0);
  }

  /** @param columns characters that a row has room for; null where lines do not wrap */
  ask(filter: Filter, columns: number | null): void {
    if (filter === this.#filter && columns === this.#columns) return;
    this.#search = searchOf(filter);
    this.#filter = filter;
    this.#columns = columns;
    this.#seen = { beginning: null, length: 0 };
  }

  /**
   * Takes in what the buffer has gained.
   * @returns whether the beginning has changed, so that every line may stand elsewhere; false where there are merely more
   */
  update(buffer: LogBuffer): boolean {
    const { lines, beginning } = buffer;
    const grown = this.#seen.beginning === beginning;
    if (grown) for (let index = this.#seen.length; index < lines.length; index += 1) this.#add(lines[index]);
    else this.#rebuild(lines);
    this.#seen = { beginning, length: lines.length };
    return !grown;
  }

  /** @returns the place in `shown` of the first line with that key or a later one; keys rise */
  placeOf(key: number): number {
    let low = 0;
    let high = this.#shown.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#shown[middle]?.key ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #rebuild(lines: readonly LogLine[]): void {
    this.#shown = [];
    this.#matches = [];
    this.rows.clear();
    this.#levels = [0, 0, 0, 0, 0];
    this.#sources = new Set();
    for (const line of lines) this.#add(line);
  }

  #add(line: LogLine | undefined): void {
    if (!line) return;
    const rank = rankOf(line.level);
    this.#levels[rank] = (this.#levels[rank] ?? 0) + 1;
    if (line.source !== null) this.#sources.add(line.source);
    if (!passes(line, this.#filter)) return;
    const found = matches(line, this.#search);
    if (this.#filter.onlyMatches && this.#search.kind === "pattern" && !found) return;
    if (found) this.#matches.push(this.#shown.length);
    this.#shown.push(line);
    // A bar changes what it says, and is cut where it would take a second row.
    this.rows.push(line.bar === null ? rowsOf(line.text, this.#columns) : 1);
  }
}
