/** U+FFFD for what is no UTF-8; a byte order mark is a character like any other, or a cut before it would change the text. */
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/**
 * Decodes a piece of a stream that may be cut anywhere.
 *
 * @param pending bytes that earlier pieces left over: the beginning of one character
 * @returns the text so far, and what is left over, at most three bytes
 */
export function decodePiece(pending: readonly number[], piece: Uint8Array): { text: string; pending: number[] } {
  const bytes = pending.length === 0 ? piece : Uint8Array.from([...pending, ...piece]);
  const end = bytes.length - unfinished(bytes);
  return { text: decoder.decode(bytes.subarray(0, end)), pending: [...bytes.subarray(end)] };
}

/** @returns how many bytes at the end may be the beginning of a character whose rest is still to come */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    return lengthOf(byte) > back ? back : 0;
  }
  return 0;
}

/** @returns the bytes of the character that this byte begins */
function lengthOf(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}
