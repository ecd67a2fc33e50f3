const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * @param text a whole number and a unit: `90s`, `30m`, `12h`, `7d`, `2w`
 * @returns seconds, or null where the text is no duration above zero
 */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,9})([smhdw])$/.exec(text.trim());
  const unit = SECONDS[match?.[2] ?? ""];
  const seconds = match && unit ? Number(match[1]) * unit : 0;
  return seconds > 0 && Number.isSafeInteger(seconds) ? seconds : null;
}
