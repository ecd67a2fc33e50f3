import type { MediaType } from "../../protocol/index.ts";

/** What the first bytes of each kind look like: text at an offset, all of one row. The order matters where one could hide another. */
const SIGNATURES: readonly { type: MediaType; marks: readonly (readonly [offset: number, bytes: string])[] }[] = [
  { type: "image/png", marks: [[0, "\x89PNG\r\n\x1a\n"]] },
  { type: "image/jpeg", marks: [[0, "\xff\xd8\xff"]] },
  { type: "image/gif", marks: [[0, "GIF8"]] },
  {
    type: "image/webp",
    marks: [
      [0, "RIFF"],
      [8, "WEBP"],
    ],
  },
  {
    type: "audio/wav",
    marks: [
      [0, "RIFF"],
      [8, "WAVE"],
    ],
  },
  { type: "video/mp4", marks: [[4, "ftyp"]] },
  { type: "video/webm", marks: [[0, "\x1a\x45\xdf\xa3"]] },
  { type: "audio/ogg", marks: [[0, "OggS"]] },
  { type: "audio/flac", marks: [[0, "fLaC"]] },
  { type: "audio/mpeg", marks: [[0, "ID3"]] },
  { type: "audio/mpeg", marks: [[0, "\xff\xfb"]] },
  { type: "audio/mpeg", marks: [[0, "\xff\xf3"]] },
  { type: "audio/mpeg", marks: [[0, "\xff\xf2"]] },
];

/** @returns what a file is by its content, or null where a relay would not take it */
export function mediaTypeOf(bytes: Uint8Array): MediaType | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 32)).toString("latin1");
  return SIGNATURES.find(({ marks }) => marks.every(([offset, mark]) => head.startsWith(mark, offset)))?.type ?? null;
}
