const FACTORS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * @param text a whole number of bytes, or of units: `64M`, `512MiB`, `2G`
 * @returns bytes, or null where the text is no size above zero
 */
export function parseBytes(text: string): number | null {
  const match = /^(\d{1,15})\s*([kmg]?)(?:i?b)?$/i.exec(text.trim());
  const factor = FACTORS[match?.[2]?.toLowerCase() ?? "?"];
  const bytes = match && factor ? Number(match[1]) * factor : 0;
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}
