import type { RunMetrics } from "../../../protocol/index.ts";

/** A header, then a line an entry, series after series (RFC 4180); where there is no number the field is empty. */
export function curvesCsv({ series }: RunMetrics): string {
  const lines = ["series,step,min,max,last,nan,time,segment"];
  for (const [name, { steps, min, max, last, nan, times, segment }] of Object.entries(series)) {
    const field = quoted(name);
    for (const [i, step] of steps.entries()) {
      const at = times?.[i] ?? null;
      const ends = [at === null ? "" : new Date(at).toISOString(), segment?.[i] ?? ""];
      lines.push([field, step, min[i] ?? "", max[i] ?? "", last[i] ?? "", nan[i] ?? 0, ...ends].join(","));
    }
  }
  return `${lines.join("\r\n")}\r\n`;
}

function quoted(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
