import type { Hono } from "hono";
import { BLOB_MAX } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { identityOf } from "../auth/identify.ts";
import { keyOf } from "../blobs/bucket.ts";
import { readRange } from "../blobs/range.ts";
import { sniffMediaType } from "../blobs/sniff.ts";
import { brokeOff } from "../http/body.ts";
import { errorResponse } from "../http/errors.ts";
import { route } from "../http/route.ts";
import { directoryOf, roomOf } from "../rooms.ts";

const SHA256 = /^[0-9a-f]{64}$/;

/** What the first bytes must fit in: enough for every type that is taken. */
const HEAD_BYTES = 4100;

export function blobs(app: Hono<AppContext>): void {
  /** Stores content under its hash → 201, or 200 where it was there. Streamed, type by content. */
  route(app, "PUT /api/runs/:run/blobs/:sha256", async (c) => {
    const { run, sha256 } = c.req.param();
    if (!SHA256.test(sha256)) return errorResponse("not_found", "a blob's name is its SHA-256 in lower-case hexadecimal");
    const body = c.req.raw.body;
    const length = Number(c.req.header("Content-Length") ?? Number.NaN);
    if (body === null || !Number.isSafeInteger(length) || length < 1) return errorResponse("length_required");
    if (length > BLOB_MAX) return errorResponse("too_large", `a blob has at most ${BLOB_MAX} bytes`);
    const path = `/api/runs/${run}/blobs/${sha256}`;
    const known = await c.env.BLOBS.head(keyOf(run, sha256));
    if (known) {
      await body.cancel();
      return c.json({ path, sha256, size: known.size, media_type: known.httpMetadata?.contentType ?? "" });
    }
    const { head, rest } = await peek(body, HEAD_BYTES).catch(brokeOff);
    const mediaType = await sniffMediaType(head);
    if (mediaType === null) {
      await rest.cancel();
      return errorResponse("unsupported_media_type");
    }
    const arrived = await directoryOf(c.env).arrive({ ...identityOf(c.get("grant")), run }, true);
    const room = roomOf(c.env, run);
    const claimed = arrived.ok ? await room.claimBlob(run, sha256, length) : arrived;
    if (!claimed.ok) {
      await rest.cancel();
      return errorResponse(claimed.code, claimed.message);
    }
    try {
      await c.env.BLOBS.put(keyOf(run, sha256), rest.pipeThrough(new FixedLengthStream(length)), {
        sha256,
        httpMetadata: { contentType: mediaType },
      });
    } catch (error) {
      // Another request may have stored the same meanwhile.
      if (claimed.value.fresh && (await c.env.BLOBS.head(keyOf(run, sha256))) === null) await room.releaseBlob(sha256);
      // R2 compares the hash itself; anything else that it says is the relay's own trouble.
      if (error instanceof Error && /checksum|sha-?256/i.test(error.message)) return errorResponse("hash_mismatch");
      if (error instanceof Error && /connection lost|FixedLengthStream/i.test(error.message)) {
        return errorResponse("invalid_message", "the body ended before the length that it said");
      }
      throw error;
    }
    if (!(await room.keepsBlob(sha256))) {
      // Deleting the run may have missed it.
      await c.env.BLOBS.delete(keyOf(run, sha256));
      return errorResponse("restart", "the run was deleted meanwhile, or this took too long: send the blob again");
    }
    return c.json({ path, sha256, size: length, media_type: mediaType }, 201);
  });

  /** Immutable; ranges for video. */
  route(app, "GET /api/runs/:run/blobs/:sha256", async (c) => {
    const { run, sha256 } = c.req.param();
    if (!SHA256.test(sha256)) return errorResponse("not_found");
    const key = keyOf(run, sha256);
    const etag = `"${sha256}"`;
    const info = await c.env.BLOBS.head(key);
    if (info === null) return errorResponse("not_found");
    if (hasTag(c.req.header("If-None-Match"), etag)) return new Response(null, { status: 304, headers: { etag, "cache-control": CACHE } });
    const headers: Record<string, string> = {
      "content-type": info.httpMetadata?.contentType ?? "application/octet-stream",
      "cache-control": CACHE,
      etag,
      "accept-ranges": "bytes",
      "content-security-policy": "default-src 'none'; sandbox",
    };
    // Ranges are for GET, and for the content that the client means (RFC 9110 §13.1.5, §14.2).
    const meant = c.req.method === "GET" && [undefined, etag].includes(c.req.header("If-Range"));
    const range = readRange(meant ? c.req.header("Range") : undefined, info.size);
    if (range.kind === "unsatisfiable") {
      return errorResponse("range_not_satisfiable", undefined, { "content-range": `bytes */${info.size}` });
    }
    const part = range.kind === "part" ? { offset: range.start, length: range.end - range.start + 1 } : { offset: 0, length: info.size };
    headers["content-length"] = String(part.length);
    if (range.kind === "part") headers["content-range"] = `bytes ${range.start}-${range.end}/${info.size}`;
    const partial = range.kind === "part" ? 206 : 200;
    if (c.req.method === "HEAD") return new Response(null, { status: partial, headers });
    const object = await c.env.BLOBS.get(key, { range: part });
    if (object === null) return errorResponse("not_found");
    return new Response(object.body, { status: partial, headers });
  });
}

/** The content of an address never changes; it is for those who may read the run. */
const CACHE = "private, max-age=31536000, immutable";

/** RFC 9110 §13.1.2: a list of tags, weak ones too, or `*`. */
function hasTag(header: string | undefined, etag: string): boolean {
  return (header ?? "").split(",").some((tag) => ["*", etag, `W/${etag}`].includes(tag.trim()));
}

/** Reads the beginning of a stream. @returns it, and the stream as it was */
async function peek(body: ReadableStream<Uint8Array>, bytes: number): Promise<{ head: Uint8Array; rest: ReadableStream<Uint8Array> }> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < bytes) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.byteLength;
  }
  const head = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    head.set(chunk, at);
    at += chunk.byteLength;
  }
  const rest = new ReadableStream<Uint8Array>({
    start(controller) {
      if (size > 0) controller.enqueue(head);
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { head, rest };
}
