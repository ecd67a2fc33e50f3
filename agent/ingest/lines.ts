/** What a piece of input completed. After `too_long` the splitter takes nothing more. */
export type Lines = { lines: string[]; tooLong: boolean };

export type LineSplitter = {
  /** @param limit bytes that a line may have, its end not counted */
  write(bytes: Uint8Array, limit: number): Lines;
};

const NEWLINE = 0x0a;

/** Cuts a stream of bytes, in pieces cut anywhere, into lines of UTF-8. Memory is bounded by one line of the limit. */
export function createLineSplitter(): LineSplitter {
  let parts: Uint8Array[] = [];
  let held = 0;
  let tooLong = false;
  return {
    write: (bytes, limit) => {
      const lines: string[] = [];
      let start = 0;
      while (!tooLong) {
        const end = bytes.indexOf(NEWLINE, start);
        const piece = bytes.subarray(start, end < 0 ? undefined : end);
        tooLong = held + piece.length > limit;
        if (tooLong) break;
        parts.push(piece);
        held += piece.length;
        if (end < 0) break;
        lines.push(Buffer.concat(parts).toString("utf8"));
        parts = [];
        held = 0;
        start = end + 1;
      }
      if (tooLong) parts = [];
      return { lines, tooLong };
    },
  };
}
