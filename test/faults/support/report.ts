import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { temporaryFolder } from "../../support/temporary.ts";
import type { Findings } from "./ledger.ts";

/** What one fault did. `heal_ms`: from the fault until the last of the viewers had an event that was made after it. */
export type FaultRow = {
  fault: string;
  produced: number;
  viewers: number;
  heal_ms: number | null;
  /** What else was measured. */
  note?: string;
} & Findings;

declare module "vitest" {
  interface ProvidedContext {
    faultRows: string;
  }
}

/** Before the suite: where its tests leave their rows. After it: the table, and JSON where RUNCAST_FAULTS_REPORT names a file. */
export default function setup(project: TestProject): () => void {
  const folder = temporaryFolder();
  const path = join(folder.path, "rows");
  appendFileSync(path, "");
  project.provide("faultRows", path);
  return () => {
    const rows = readFileSync(path, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as FaultRow)
      .sort((a, b) => (a.fault < b.fault ? -1 : 1));
    folder.remove();
    const file = process.env.RUNCAST_FAULTS_REPORT;
    if (file) writeFileSync(file, `${JSON.stringify(rows, null, 2)}\n`);
    if (rows.length > 0) process.stdout.write(`\n${table(rows)}\n`);
  };
}

/** @returns the rows as a Markdown table, aligned so that it reads well in a terminal too */
export function table(rows: readonly FaultRow[]): string {
  const head = ["fault", "produced", "viewers", "lost", "doubled", "out of order", "heal, s", ""];
  const cells = rows.map((row) => [
    row.fault,
    row.produced,
    row.viewers,
    row.lost + row.holes,
    row.doubled,
    row.out_of_order + row.moved,
    row.heal_ms === null ? "–" : (row.heal_ms / 1000).toFixed(1),
    row.note ?? "",
  ]);
  const lines = [head, ...cells].map((line) => line.map(String));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const print = (line: readonly string[]) => `| ${line.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (isNumber(column) ? `${"-".repeat(width + 1)}:` : "-".repeat(width + 2))).join("|")}|`;
  return [print(lines[0] ?? []), rule, ...lines.slice(1).map(print)].join("\n");
}

const isNumber = (column: number): boolean => column > 0 && column < 7;
const pad = (cell: string, width: number, column: number): string => (isNumber(column) ? cell.padStart(width) : cell.padEnd(width));
