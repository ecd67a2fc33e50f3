/** What the benches make of many measurements. */

/** @param share 0.99 for p99. @returns NaN where there is nothing */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The median of several rounds, and between which values they lay. */
export type Spread = { median: number; from: number; to: number };

export function spread(values: readonly number[]): Spread {
  return { median: median(values), from: Math.min(...values), to: Math.max(...values) };
}

/** @returns about three digits, however large it is; `–` where there is no such figure */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A table as the documents have it. The first column is text, the others are figures. */
export function markdown(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}
