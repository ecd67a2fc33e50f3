import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { Relay } from "../../support/relay.ts";
import { until } from "../../support/until.ts";
import { atEnd } from "./at-end.ts";

/** A viewer that is welcomed, and from then on reads nothing. */
export type Deaf = {
  /** Reads on: all that was kept for it, and what it was told at the end. */
  listen(): void;
  /** The code of the close frame, once that was read; null before. */
  closeCode(): number | null;
};

const CLOSE_FRAME = 0x88;
/** A close frame has 2 bytes of header, 2 of code and at most 123 of reason. */
const CLOSE_FRAME_MAX = 127;

/** By hand: a library's socket may read ahead, or end a connection by itself. */
export async function deafViewer(relay: Relay, run: string, protocol: string): Promise<Deaf> {
  const { hostname, port } = new URL(relay.url);
  const socket = connect({ host: hostname, port: Number(port) });
  atEnd(() => socket.destroy());
  let bytes = 0;
  let tail = Buffer.alloc(0);
  socket.on("data", (piece) => {
    bytes += piece.length;
    tail = Buffer.concat([tail, piece]).subarray(-CLOSE_FRAME_MAX);
  });
  socket.on("error", () => undefined);
  const head = [
    `GET /runs/${run}/ws?events=*&replay=0 HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    `Sec-WebSocket-Protocol: ${protocol}`,
    `Authorization: Bearer ${await relay.token("viewer", run)}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  await until(() => bytes > 500, { what: "its welcome" });
  socket.pause();
  return {
    listen: () => void socket.resume(),
    closeCode: () => {
      const at = tail.lastIndexOf(CLOSE_FRAME);
      const isLast = at >= 0 && tail.length === at + 2 + (tail[at + 1] ?? 0);
      return isLast ? tail.readUInt16BE(at + 2) : null;
    },
  };
}
