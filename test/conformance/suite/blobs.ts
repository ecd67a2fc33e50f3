import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { blobStored } from "../../../protocol/index.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { refused } from "../support/http.ts";
import { PATIENCE_MS } from "../support/peer.ts";

/** The smallest picture: the eight bytes that make a PNG, a header chunk, and text to tell pictures apart. */
function png(text: string): Uint8Array {
  const start = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0,
  ];
  return new Uint8Array([...start, ...new TextEncoder().encode(`\0\0\0\0IDAT${text}`)]);
}

const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
const pathOf = (at: Context, hash: string) => `/api/runs/${at.run}/blobs/${hash}`;
const put = (at: Context, hash: string, body: Uint8Array | string, headers: Record<string, string> = {}) =>
  at.http(pathOf(at, hash), "agent", { method: "PUT", body, headers });

/** AC6: what may be stored beside a run, and how it is given back. */
export const blobs = [
  conform("AC6 a blob is stored under its hash: 201, and 200 where it was there; read back byte for byte", async (at) => {
    const bytes = png("a");
    const hash = sha256(bytes);
    const first = await put(at, hash, bytes);
    assert.equal(first.status, 201, first.text);
    const stored = { path: pathOf(at, hash), sha256: hash, size: bytes.byteLength, media_type: "image/png" };
    assert.deepEqual(blobStored.parse(first.json), stored);
    const again = await put(at, hash, bytes);
    assert.equal(again.status, 200);
    assert.deepEqual(again.json, stored);
    const read = await at.http(stored.path, "viewer");
    assert.equal(read.status, 200);
    assert.deepEqual(read.bytes, bytes);
    assert.equal(read.headers.get("content-type"), "image/png");
    assert.equal(read.headers.get("x-content-type-options"), "nosniff");
    assert.match(read.headers.get("cache-control") ?? "", /private.*immutable/);
    const head = await at.http(stored.path, "viewer", { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-length"), head.bytes.byteLength], [200, String(bytes.byteLength), 0]);
  }),

  conform("AC6 content that does not have the hash in its address is refused, and not there afterwards", async (at) => {
    const hash = sha256(png("one"));
    refused(await put(at, hash, png("another")), 422, "hash_mismatch");
    refused(await at.http(pathOf(at, hash), "viewer"), 404, "not_found");
  }),

  ...(
    [
      ["HTML", "<!doctype html><script>alert(1)</script>"],
      ["SVG", '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
      ["XML", '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'],
      ["text", "hello"],
      ["PDF", "%PDF-1.7\n%âãÏÓ\n1 0 obj\n<<>>\nendobj\n"],
      ["a program", "\u007fELF\u0002\u0001\u0001"],
    ] as const
  ).map(([what, text]) =>
    conform(`AC6 the kind of a blob is seen in its content, whatever is said of it: ${what} is refused`, async (at) => {
      refused(await put(at, sha256(text), text, { "Content-Type": "image/png" }), 415, "unsupported_media_type");
    }),
  ),

  ...(
    [
      ["image/jpeg", [0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xd9]],
      ["image/gif", [...Buffer.from("GIF89a"), 1, 0, 1, 0, 0, 0, 0, 0x3b]],
      [
        "image/webp",
        [...Buffer.from("RIFF"), 26, 0, 0, 0, ...Buffer.from("WEBPVP8 "), 14, 0, 0, 0, 0x30, 1, 0, 0x9d, 1, 0x2a, 1, 0, 1, 0, 0, 0, 0, 0],
      ],
      ["video/mp4", [0, 0, 0, 24, ...Buffer.from("ftypmp42"), 0, 0, 0, 0, ...Buffer.from("mp42isom"), 0, 0, 0, 8, ...Buffer.from("mdat")]],
      [
        "audio/wav",
        [
          ...Buffer.from("RIFF"),
          36,
          0,
          0,
          0,
          ...Buffer.from("WAVEfmt "),
          16,
          0,
          0,
          0,
          1,
          0,
          1,
          0,
          0x44,
          0xac,
          0,
          0,
          0x88,
          0x58,
          1,
          0,
          2,
          0,
          16,
          0,
          ...Buffer.from("data"),
          0,
          0,
          0,
          0,
        ],
      ],
      ["audio/flac", [...Buffer.from("fLaC"), 0x80, 0, 0, 34, ...Array.from({ length: 34 }, () => 0)]],
    ] as const
  ).map(([type, content]) =>
    conform(`AC6 ${type} is taken, and told by its content`, async (at) => {
      const bytes = new Uint8Array(content);
      const stored = await put(at, sha256(bytes), bytes, { "Content-Type": "text/html" });
      assert.equal(stored.status, 201, stored.text);
      assert.partialDeepStrictEqual(stored.json, { media_type: type });
      assert.equal((await at.http(pathOf(at, sha256(bytes)), "viewer")).headers.get("content-type"), type);
    }),
  ),

  conform(
    "AC6 a blob says its length: without one, and over 64 MiB, it is refused",
    async (at) => {
      const hash = "0".repeat(64);
      assert.partialDeepStrictEqual(await announce(at, hash, "Transfer-Encoding: chunked"), { status: 411, code: "length_required" });
      const size = 64 * 1024 * 1024 + 1;
      assert.partialDeepStrictEqual(await announce(at, hash, `Content-Length: ${size}`), { status: 413, code: "too_large" });
      refused(await put(at, hash, ""), 411, "length_required");
    },
    { needs: ["plain-http"] },
  ),

  conform("AC6 a blob's name is a SHA-256 in lower-case hexadecimal", async (at) => {
    for (const name of ["0".repeat(63), "0".repeat(65), "A".repeat(64), "g".repeat(64), "..%2F..%2Fetc"]) {
      refused(await put(at, name, png("x")), 404, "not_found");
      refused(await at.http(pathOf(at, name), "viewer"), 404, "not_found");
    }
  }),

  conform("AC6 a part of a blob is given for a range, as a video player asks", async (at) => {
    const bytes = png("0123456789");
    const hash = sha256(bytes);
    await put(at, hash, bytes);
    const size = bytes.byteLength;
    const range = (Range: string) => at.http(pathOf(at, hash), "viewer", { headers: { Range } });
    const part = await range("bytes=4-7");
    assert.deepEqual([part.status, part.headers.get("content-range")], [206, `bytes 4-7/${size}`]);
    assert.deepEqual(part.bytes, bytes.slice(4, 8));
    assert.deepEqual((await range("bytes=-3")).bytes, bytes.slice(-3));
    assert.deepEqual((await range(`bytes=${size - 2}-`)).bytes, bytes.slice(-2));
    refused(await range(`bytes=${size}-`), 416, "range_not_satisfiable");
    assert.equal((await range("pages=1-2")).status, 200);
  }),

  conform("AC6 a blob that a client has already is not sent again", async (at) => {
    const bytes = png("cached");
    await put(at, sha256(bytes), bytes);
    const path = pathOf(at, sha256(bytes));
    const etag = (await at.http(path, "viewer")).headers.get("etag") ?? "";
    assert.ok(etag.length > 0);
    const again = await at.http(path, "viewer", { headers: { "If-None-Match": etag } });
    assert.deepEqual([again.status, again.bytes.byteLength], [304, 0]);
  }),
];

/** Stores a blob with one header that a client of fetch cannot send, and sends zeros until it is answered. */
async function announce(at: Context, hash: string, header: string): Promise<{ status: number; code: string }> {
  const { hostname, port, host } = new URL(at.target.url);
  const token = await at.token("agent");
  const chunked = header.startsWith("Transfer");
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port) || 80, hostname);
    let text = "";
    socket.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      const [, status] = /^HTTP\/1\.1 (\d+)/.exec(text) ?? [];
      const [, code] = /"code":"(\w+)"/.exec(text) ?? [];
      if (status === undefined || code === undefined) return;
      socket.destroy();
      resolve({ status: Number(status), code });
    });
    socket.on("error", reject).on("close", () => reject(new Error(`no answer to ${header}; so far: ${text}`)));
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.write(`PUT ${pathOf(at, hash)} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n${header}\r\n\r\n`);
    if (chunked) return void socket.write("5\r\nhello\r\n0\r\n\r\n");
    const zeros = Buffer.alloc(256 * 1024);
    let left = Number(/\d+$/.exec(header)?.[0]);
    const more = () => {
      for (let room = true; room && left > 0; ) {
        const piece = zeros.subarray(0, Math.min(left, zeros.byteLength));
        left -= piece.byteLength;
        room = socket.write(piece);
      }
    };
    socket.on("drain", more);
    more();
  });
}
