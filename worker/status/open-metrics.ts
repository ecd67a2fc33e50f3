/**
 * OpenMetrics 1.0 text, as Prometheus scrapes it. By hand: the usual client libraries keep registries of their own and want Node, and what
 * is told here is read from rooms at each scrape.
 */

export const OPEN_METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

export type Sample = { readonly labels?: Readonly<Record<string, string>>; readonly value: number };
/** A metric family. A counter's samples get their `_total`; a unit is the end of the name; a state set has a label of its own name. */
export type Family = {
  readonly name: string;
  readonly type: "gauge" | "counter" | "stateset";
  readonly unit?: "bytes" | "seconds";
  readonly help: string;
  readonly samples: readonly Sample[];
};

/** @returns the whole text; a family without samples is left out */
export function openMetrics(families: readonly Family[]): string {
  return `${families
    .filter(({ samples }) => samples.length > 0)
    .map(familyText)
    .join("")}# EOF\n`;
}

function familyText({ name, type, unit, help, samples }: Family): string {
  const head = [`# TYPE ${name} ${type}`, ...(unit ? [`# UNIT ${name} ${unit}`] : []), `# HELP ${name} ${escaped(help)}`];
  const sampleName = type === "counter" ? `${name}_total` : name;
  const lines = samples.map(({ labels = {}, value }) => `${sampleName}${labelText(labels)} ${numberText(value)}`);
  return [...head, ...lines, ""].join("\n");
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** The same in labels and in help, where OpenMetrics wants quotes escaped too. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  return Number.isNaN(value) || Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";
}
