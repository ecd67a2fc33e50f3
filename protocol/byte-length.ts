/** @returns whether a text has at most `max` bytes of UTF-8. Half a surrogate pair counts as the replacement character that becomes of it. */
export function fitsBytes(text: string, max: number): boolean {
  // A UTF-16 unit is one byte at least, and three at most: hardly any text has to be counted.
  if (text.length > max) return false;
  if (text.length * 3 <= max) return true;
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes <= max;
}
