/** The text that a Prometheus reads: OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/). */

export const OPEN_METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** A family and its samples. The names are ours; what labels hold may come from anywhere. */
export type Family = {
  /** With its unit at the end, where it has one; without the `_total` of a counter. */
  name: string;
  /** A state set has a label of its own name, and a sample of 0 or 1 for each state. */
  type: "gauge" | "counter" | "stateset";
  unit?: "bytes" | "seconds";
  help: string;
  samples: readonly Sample[];
};

export type Sample = { labels?: Readonly<Record<string, string>>; value: number };

export function openMetrics(families: readonly Family[]): string {
  return `${families.flatMap(familyLines).join("\n")}\n# EOF\n`;
}

function familyLines({ name, type, unit, help, samples }: Family): string[] {
  const sampleName = type === "counter" ? `${name}_total` : name;
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples.map(({ labels = {}, value }) => `${sampleName}${labelSet(labels)} ${value}`),
  ];
}

function labelSet(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
