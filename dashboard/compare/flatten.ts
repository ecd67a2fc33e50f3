/** One value of a configuration. A key that a run does not have has no cell at all, which is not the same as null. */
export type Cell = { kind: "null" | "number" | "text"; text: string };

/** More lines than anybody reads, and than a page lays out at ease. */
export const KEYS_MAX = 4000;

/**
 * Lays a nested value out as one line a leaf: `optimizer.lr`, `concepts[0].name`. A list of plain values is one leaf.
 * @param into takes the leaves, up to {@link KEYS_MAX}
 */
export function flatten(value: unknown, path: string, into: Map<string, Cell>): void {
  if (into.size >= KEYS_MAX) return;
  if (Array.isArray(value)) {
    if (value.length === 0 || value.every(isPlain)) into.set(path, { kind: "text", text: JSON.stringify(value) });
    else for (const [index, each] of value.entries()) flatten(each, `${path}[${index}]`, into);
  } else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) into.set(path, { kind: "text", text: "{}" });
    for (const [name, each] of entries) flatten(each, joined(path, name), into);
  } else into.set(path, cellOf(value));
}

/** A name with a dot of its own must not read like two. */
function joined(path: string, name: string): string {
  if (name === "" || /[.[\]]/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return { kind: "null", text: "null" };
  if (typeof value === "number") return { kind: "number", text: String(value) };
  return { kind: "text", text: value === "" ? '""' : String(value) };
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}
