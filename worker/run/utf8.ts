const encoder = new TextEncoder();
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const ASCII = /^[\x00-\x7f]*$/;

/** What limits, windows and rows are counted in: a text in another script has up to three times as many as characters. */
export function utf8Bytes(text: string): number {
  return ASCII.test(text) ? text.length : encoder.encode(text).byteLength;
}

/** @returns whether a frame has more than `max` bytes. A text has three a UTF-16 unit at most: short ones need no count. */
export function isOver(max: number, frame: string | ArrayBuffer): boolean {
  if (typeof frame !== "string") return frame.byteLength > max;
  return frame.length * 3 > max && utf8Bytes(frame) > max;
}
