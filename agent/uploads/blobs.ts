import { blobStored, errorBody } from "../../protocol/index.ts";

export type BlobAnswer =
  | { kind: "stored"; path: string }
  /** The relay will never take it. */
  | { kind: "refused"; why: string }
  /** Not now. `why` is for the log. */
  | { kind: "later"; why: string };

export type BlobTarget = { relay: string; run: string; token: string };

/** The relay said about the content itself, so the same content is answered the same again. */
const FINAL: ReadonlySet<number> = new Set([400, 411, 413, 415]);
const TIMEOUT_MS = 30_000;
/** A slow uplink still carries this many bytes a millisecond (0.4 Mbit/s). */
const BYTES_PER_MS = 50;

/** `PUT /api/runs/:run/blobs/:sha256`: stores content under its hash; storing it twice is as good as once. */
export async function putBlob(target: BlobTarget, content: { bytes: Buffer; sha256: string; mediaType: string }): Promise<BlobAnswer> {
  const url = `${target.relay}/api/runs/${encodeURIComponent(target.run)}/blobs/${content.sha256}`;
  try {
    const response = await fetch(url, {
      method: "PUT",
      headers: { authorization: `Bearer ${target.token}`, "content-type": content.mediaType },
      body: new Uint8Array(content.bytes),
      signal: AbortSignal.timeout(Math.ceil(TIMEOUT_MS + content.bytes.length / BYTES_PER_MS)),
    });
    const body: unknown = await response.json().catch(() => null);
    if (response.ok) {
      const stored = blobStored.safeParse(body);
      return stored.success ? { kind: "stored", path: stored.data.path } : { kind: "later", why: "an answer of unknown shape" };
    }
    const told = errorBody.safeParse(body);
    const why = told.success ? told.data.error.message : `HTTP ${response.status}`;
    return { kind: FINAL.has(response.status) ? "refused" : "later", why };
  } catch (error) {
    return { kind: "later", why: error instanceof Error ? error.message : String(error) };
  }
}
