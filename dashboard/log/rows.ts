/** Lines that are summed up together: finding a row looks at some hundred sums and then at some hundred lines. */
const BLOCK = 256;

/**
 * How many rows each line takes, and so where each stands. Lines wrap after a fixed number of characters of one width, so that a line's
 * height is counted, not measured: of 100,000 lines no more than what is seen is ever in the document.
 */
export class Rows {
  #rows: number[] = [];
  #blocks: number[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  get lines(): number {
    return this.#rows.length;
  }

  clear(): void {
    this.#rows = [];
    this.#blocks = [];
    this.#total = 0;
  }

  push(rows: number): void {
    const block = Math.floor(this.#rows.length / BLOCK);
    this.#rows.push(rows);
    this.#blocks[block] = (this.#blocks[block] ?? 0) + rows;
    this.#total += rows;
  }

  /** @returns the row at which a line begins */
  startOf(line: number): number {
    const block = Math.floor(line / BLOCK);
    let row = 0;
    for (let index = 0; index < block; index += 1) row += this.#blocks[index] ?? 0;
    for (let index = block * BLOCK; index < line; index += 1) row += this.#rows[index] ?? 0;
    return row;
  }

  /** @returns the line that a row is of; the last one past the end */
  lineAt(row: number): number {
    let block = 0;
    let start = 0;
    while (block < this.#blocks.length - 1 && start + (this.#blocks[block] ?? 0) <= row) {
      start += this.#blocks[block] ?? 0;
      block += 1;
    }
    let line = block * BLOCK;
    while (line < this.#rows.length - 1 && start + (this.#rows[line] ?? 0) <= row) {
      start += this.#rows[line] ?? 0;
      line += 1;
    }
    return line;
  }
}

/** East Asian Wide and Fullwidth, by block, and emoji: two characters wide. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/gu;
const ASCII = /^[\t\n\u0020-\u007e]*$/;
/** As styles/log.css has it. */
const TAB = 4;

/** @param columns characters in a row; null where lines do not wrap @returns rows that a text takes, which may have line breaks */
export function rowsOf(text: string, columns: number | null): number {
  if (columns === null && !text.includes("\n")) return 1;
  return text.split("\n").reduce((rows, line) => rows + (columns === null ? 1 : Math.max(1, Math.ceil(widthOf(line) / columns))), 0);
}

function widthOf(text: string): number {
  const tabs = text.includes("\t") ? (text.split("\t").length - 1) * (TAB - 1) : 0;
  return text.length + tabs + (ASCII.test(text) ? 0 : (text.match(WIDE)?.filter((wide) => wide.length === 1).length ?? 0));
}
