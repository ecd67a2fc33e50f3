import { fileTypeFromBuffer } from "file-type";
import { MEDIA_TYPES, type MediaType } from "../../protocol/index.ts";

/** Names that the library has for the same formats. */
const SAME: Record<string, MediaType> = {
  "audio/wave": "audio/wav",
  "audio/vnd.wave": "audio/wav",
  "audio/x-flac": "audio/flac",
  "audio/ogg; codecs=opus": "audio/ogg",
  "application/ogg": "audio/ogg",
  "image/apng": "image/png",
  "video/x-m4v": "video/mp4",
};

/** @returns the type that the first bytes show, null for one that is not taken; what the sender says is not asked */
export async function sniffMediaType(head: Uint8Array): Promise<MediaType | null> {
  const found = (await fileTypeFromBuffer(head).catch(() => undefined))?.mime;
  if (found === undefined) return null;
  return (MEDIA_TYPES as readonly string[]).includes(found) ? (found as MediaType) : (SAME[found] ?? null);
}
