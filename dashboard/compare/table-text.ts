import { unformulated } from "../csv-cell.ts";
import type { ConfigRow } from "./config-rows.ts";

/** Tables as text, to be pasted elsewhere. A cell that is not there is empty, null is `null`. */

/** For spreadsheets. */
export function asTsv(names: readonly string[], rows: readonly ConfigRow[]): string {
  const lines = [["", ...names], ...rows.map(({ key, cells }) => [key, ...cells.map((cell) => cell?.text ?? "")])];
  return lines.map((line) => line.map((text) => unformulated(text.replace(/[\t\r\n]+/g, " "))).join("\t")).join("\n");
}

/** For notes and issues. */
export function asMarkdown(names: readonly string[], rows: readonly ConfigRow[]): string {
  const line = (texts: readonly string[]) => `| ${texts.map(markdownCell).join(" | ")} |`;
  const ruler = `| --- |${names.map((_, index) => (isNumeric(rows, index) ? " ---: |" : " --- |")).join("")}`;
  return [line(["", ...names]), ruler, ...rows.map(({ key, cells }) => line([key, ...cells.map((cell) => cell?.text ?? "")]))].join("\n");
}

function isNumeric(rows: readonly ConfigRow[], index: number): boolean {
  const cells = rows.flatMap(({ cells }) => cells[index] ?? []);
  return cells.length > 0 && cells.every(({ kind }) => kind === "number");
}

/** Nothing of a value is to be read as Markdown or as HTML. */
function markdownCell(text: string): string {
  return text.replace(/[\r\n]+/g, " ").replace(/[\\`*_{}[\]<>|~]/g, "\\$&");
}
