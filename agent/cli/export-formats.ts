import { type AnyEvent, metrics, type WireNumber } from "../../protocol/index.ts";

export const EXPORT_FORMATS = ["csv", "json", "ndjson"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Makes a file's text of events that come page by page. */
export type Format = { begin: string; page(events: readonly AnyEvent[]): string; end(): string };

export function formatOf(format: ExportFormat): Format {
  switch (format) {
    case "ndjson":
      return { begin: "", page: (events) => events.map((event) => `${JSON.stringify(event)}\n`).join(""), end: () => "" };
    case "json":
      return jsonArray();
    case "csv":
      return wideTable();
  }
}

function jsonArray(): Format {
  let first = true;
  const element = (event: AnyEvent): string => {
    const before = first ? "\n" : ",\n";
    first = false;
    return before + JSON.stringify(event);
  };
  return { begin: "[", page: (events) => events.map(element).join(""), end: () => (first ? "]\n" : "\n]\n") };
}

/**
 * A line for each step, a column for each series. Which series there are shows at the end only, so the values are kept until then: a log
 * has a bound, and less than that of them. A step that a continued run tells again has its last values.
 */
function wideTable(): Format {
  const series = new Map<string, Map<number, WireNumber>>();
  const steps = new Set<number>();
  const take = (event: AnyEvent): void => {
    const parsed = metrics.safeParse(event);
    if (!parsed.success) return;
    parsed.data.steps.forEach((step, row) => {
      steps.add(step);
      for (const [name, column] of Object.entries(parsed.data.series)) {
        const values = series.get(name) ?? new Map<number, WireNumber>();
        series.set(name, values);
        const value = column[row];
        if (value !== null && value !== undefined) values.set(step, value);
      }
    });
  };
  const page = (events: readonly AnyEvent[]): string => {
    events.forEach(take);
    return "";
  };
  const end = (): string => {
    const names = [...series.keys()].sort();
    const lines = [...steps].sort((a, b) => a - b).map((step) => [step, ...names.map((name) => series.get(name)?.get(step) ?? "")]);
    return [["step", ...names.map(quoted)], ...lines].map((line) => `${line.join(",")}\n`).join("");
  };
  return { begin: "", page, end };
}

/** RFC 4180: a name may have a comma, a quote or a line's end. */
function quoted(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
