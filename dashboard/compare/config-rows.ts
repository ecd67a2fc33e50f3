import type { EventOf } from "../../protocol/index.ts";
import { type Cell, flatten } from "./flatten.ts";

type RunInfo = EventOf<"run_info">;

/**
 * One key over all runs; null where a run does not have it. `how`: it has other values, only some of the runs have it, or it is the same: runs of
 * two trainers share few keys, and what those are set to says more than which they are.
 */
export type ConfigRow = { part: "run" | "configuration"; key: string; cells: readonly (Cell | null)[]; how: "differs" | "partly" | "same" };

const ORDER = { differs: 0, partly: 1, same: 2 };

/**
 * What the runs were started with, a row a key: those with other values, those that some have, and the same ones, each in alphabetical order, that of the program first.
 * @param infos one a run; null where nothing is known of it: such a run makes no difference
 */
export function configRows(infos: readonly (RunInfo | null)[]): ConfigRow[] {
  return [...rowsOf("run", infos, runCells), ...rowsOf("configuration", infos, configCells)].sort((a, b) => ORDER[a.how] - ORDER[b.how]);
}

function rowsOf(part: ConfigRow["part"], infos: readonly (RunInfo | null)[], cellsOf: (info: RunInfo) => Map<string, Cell>): ConfigRow[] {
  const columns = infos.map((info) => (info === null ? null : cellsOf(info)));
  const keys = new Set(columns.flatMap((column) => (column === null ? [] : [...column.keys()])));
  return [...keys].sort(byName).map((key) => {
    const cells = columns.map((column) => column?.get(key) ?? null);
    const told = cells.filter((cell) => cell !== null);
    const isPartly = cells.some((cell, index) => cell === null && columns[index] !== null);
    const differs = told.some((cell) => !isSame(cell, told[0]));
    return { part, key, cells, how: differs ? "differs" : isPartly ? "partly" : "same" };
  });
}

/** Numbers in names count as numbers: `concepts[2]` before `concepts[10]`. */
const COLLATOR = new Intl.Collator("en", { numeric: true });
const byName = (a: string, b: string) => COLLATOR.compare(a, b) || (a < b ? -1 : 1);

function runCells({ trainer, version, host, gpus, resumed_from }: RunInfo): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  for (const [name, value] of Object.entries({ trainer, version, host, gpus, resumed_from })) {
    if (value !== undefined) flatten(value, name, cells);
  }
  return cells;
}

function configCells({ config }: RunInfo): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  if (config)
    for (const [name, value] of Object.entries(config)) flatten(value, /[.[\]]/.test(name) ? `[${JSON.stringify(name)}]` : name, cells);
  return cells;
}

function isSame(a: Cell, b: Cell | undefined): boolean {
  return b !== undefined && a.kind === b.kind && a.text === b.text;
}

/** @param wanted text to be found in the key or in a value, in any case */
export function matching(rows: readonly ConfigRow[], wanted: string): ConfigRow[] {
  const text = wanted.trim().toLowerCase();
  if (text === "") return [...rows];
  return rows.filter(({ key, cells }) => [key, ...cells.map((cell) => cell?.text ?? "")].some((each) => each.toLowerCase().includes(text)));
}
