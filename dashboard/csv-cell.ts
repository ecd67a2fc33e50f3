/** A text that a spreadsheet would run as a formula is one that somebody else wrote. Numbers stay numbers. */
export function unformulated(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(text) ? `'${text}` : text;
}

/** One cell of CSV (RFC 4180). */
export function csvCell(text: string): string {
  const safe = unformulated(text);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
