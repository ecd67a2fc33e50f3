const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Cuts a text to a number of bytes of UTF-8, never inside a character or a colour sequence, and says so at its end.
 *
 * @param text any string
 * @param max_bytes limit for the result, mark included
 * @param full_bytes size to name in the mark, where the text is itself only the beginning of something longer
 * @returns the text itself where it fits
 */
export function cutText(text: string, max_bytes: number, full_bytes?: number): string {
  // A UTF-16 unit is at most three bytes: most texts need no encoding to be known to fit.
  if (full_bytes === undefined && text.length * 3 <= max_bytes) return text;
  const bytes = encoder.encode(text);
  const full = full_bytes ?? bytes.length;
  if (full <= max_bytes) return text;
  const mark = ` … [cut, ${full} bytes]`;
  const kept = Math.min(bytes.length, max_bytes - encoder.encode(mark).length);
  return withoutOpenColour(decoder.decode(bytes.subarray(0, characterStart(bytes, kept)))) + mark;
}

function withoutOpenColour(text: string): string {
  const start = text.lastIndexOf("\u001b");
  return start >= 0 && !text.includes("m", start) ? text.slice(0, start) : text;
}

/** @returns the largest position up to `at` that does not lie inside a character. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}
