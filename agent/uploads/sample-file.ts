import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { BLOB_MAX, type MediaType } from "../../protocol/index.ts";
import { mediaTypeOf } from "./media.ts";
import { decodePicture } from "./picture.ts";

/** A sample as it is uploaded, all of it in memory: the file is neither held open nor looked at again. */
export type Content = {
  bytes: Buffer;
  sha256: string;
  mediaType: MediaType;
  width: number | null;
  height: number | null;
  thumbnail: { bytes: Buffer; sha256: string } | null;
};

/** How a file looked, so that the next look can tell whether it still grows. */
export type Look = { size: number; mtimeMs: number };

export type Loaded = { kind: "ready"; content: Content } | { kind: "unfinished"; look: Look | null } | { kind: "unusable"; why: string };

/**
 * Reads a sample. A picture is complete when it decodes; anything else when it looks as it did at the look before.
 * @param before how it looked then, some moments ago
 */
export async function loadSample(path: string, before: Look | null): Promise<Loaded> {
  const look = await lookAt(path);
  if (look === null || look.size === 0) return { kind: "unfinished", look };
  if (look.size > BLOB_MAX) return { kind: "unusable", why: `it has ${look.size} bytes, more than ${BLOB_MAX}` };
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return { kind: "unfinished", look };
  const mediaType = mediaTypeOf(bytes);
  const still = before !== null && before.size === look.size && before.mtimeMs === look.mtimeMs && bytes.length === look.size;
  if (mediaType === null) return still ? { kind: "unusable", why: "it is of no kind that a relay takes" } : { kind: "unfinished", look };
  const content: Content = { bytes, sha256: sha256(bytes), mediaType, width: null, height: null, thumbnail: null };
  const decoded = mediaType.startsWith("image/") ? await decodePicture(bytes) : ({ kind: "no_decoder" } as const);
  switch (decoded.kind) {
    case "picture": {
      const { width, height, thumbnail } = decoded.picture;
      return { kind: "ready", content: { ...content, width, height, thumbnail: { bytes: thumbnail, sha256: sha256(thumbnail) } } };
    }
    case "broken":
      return { kind: "unfinished", look };
    case "no_decoder":
      return still ? { kind: "ready", content } : { kind: "unfinished", look };
  }
}

async function lookAt(path: string): Promise<Look | null> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { size, mtimeMs };
  } catch {
    return null;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
