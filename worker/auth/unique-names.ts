/** One token of JSON text that matters here: a string, or a mark that opens, closes or separates. */
const PIECES = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * `JSON.parse` takes the last of two members with one name; other readers take the first.
 * @param text valid JSON
 * @returns whether no object in it has a name twice
 */
export function hasUniqueNames(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  let previous: string | null = null;
  for (const [piece] of text.matchAll(PIECES)) {
    if (piece === "{") open.push(new Set());
    else if (piece === "[") open.push(null);
    else if (piece === "}" || piece === "]") open.pop();
    else if (piece === ":" && previous !== null) {
      const names = open.at(-1);
      // The same name may be written with escapes.
      const name = JSON.parse(previous) as string;
      if (names?.has(name)) return false;
      names?.add(name);
    }
    previous = piece.startsWith('"') ? piece : null;
  }
  return true;
}
