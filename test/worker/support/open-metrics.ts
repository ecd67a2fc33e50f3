/** Reads OpenMetrics 1.0 as its specification says, and nothing that is only nearly that. */

export type Read = { type: string; unit: string | null; help: string; samples: { labels: Record<string, string>; value: number }[] };

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const TEXT = String.raw`(?:[^"\\\n]|\\[n"\\])*`;
const PAIR = new RegExp(`([a-zA-Z_][a-zA-Z0-9_]*)="(${TEXT})"`, "y");
const METADATA = new RegExp(`^# (TYPE|UNIT|HELP) (${NAME}) (${TEXT})$`);
const SAMPLE = new RegExp(String.raw`^(${NAME})(?:\{([^\n]*)\})? ([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|[+-]Inf|NaN)$`);
/** What a sample's name has behind the family's. */
const SUFFIX: Record<string, string> = { gauge: "", stateset: "", counter: "_total" };

/** @throws Error that names the line */
export function readOpenMetrics(text: string): Map<string, Read> {
  if (!text.endsWith("\n# EOF\n") && text !== "# EOF\n") throw new Error("it does not end with # EOF and a newline");
  const families = new Map<string, Read>();
  const seen = new Set<string>();
  let current = "";
  for (const line of text.split("\n").slice(0, -2)) {
    const wrong = (what: string) => new Error(`${what}: ${line}`);
    const [, keyword, name = "", value = ""] = METADATA.exec(line) ?? [];
    if (keyword !== undefined) {
      if (name !== current) {
        if (families.has(name)) throw wrong("a family comes twice");
        if (keyword !== "TYPE") throw wrong("a family does not begin with its type");
        families.set(name, { type: value, unit: null, help: "", samples: [] });
        current = name;
      } else if (seen.has(`${keyword} ${name}`) || keyword === "TYPE") throw wrong("said twice");
      seen.add(`${keyword} ${name}`);
      const family = families.get(name) as Read;
      if (family.samples.length > 0) throw wrong("metadata behind samples");
      if (!(family.type in SUFFIX)) throw wrong("an unknown type");
      if (keyword === "HELP") family.help = unescaped(value);
      if (keyword === "UNIT") family.unit = value;
      if (keyword === "UNIT" && !name.endsWith(`_${value}`)) throw wrong("a name without its unit");
      continue;
    }
    const [, sample, inner = "", number = ""] = SAMPLE.exec(line) ?? [];
    const family = families.get(current);
    if (sample === undefined || family === undefined) throw wrong("neither metadata nor a sample");
    if (sample !== current + SUFFIX[family.type]) throw wrong("a sample of another family");
    const labels = readLabels(inner);
    if (labels === null) throw wrong("broken labels");
    const series = `${sample} ${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(series)) throw wrong("a series comes twice");
    seen.add(series);
    const read = Number(number.replace("Inf", "Infinity"));
    if (family.type === "counter" && !(read >= 0)) throw wrong("a counter that is no count");
    if (family.type === "stateset" && (!(current in labels) || ![0, 1].includes(read))) throw wrong("no state");
    family.samples.push({ labels, value: read });
  }
  return families;
}

/** @returns null where they are not written as they have to be */
function readLabels(inner: string): Record<string, string> | null {
  const pairs: [string, string][] = [];
  for (let at = 0; at < inner.length; at += 1) {
    PAIR.lastIndex = at;
    const [whole = "", name = "", value = ""] = PAIR.exec(inner) ?? [];
    if (whole === "" || pairs.some(([other]) => other === name)) return null;
    pairs.push([name, unescaped(value)]);
    at += whole.length;
    if (at < inner.length && (inner[at] !== "," || at === inner.length - 1)) return null;
  }
  return Object.fromEntries(pairs);
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
}
