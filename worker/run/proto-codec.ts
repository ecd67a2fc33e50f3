import { failure, VIEWER_FRAME_MAX, VIEWER_MESSAGE_TYPES, viewerMessage } from "../../protocol/index.ts";
import { encodeBatch, encodeEvent, encodeRoomMessage } from "../proto/room-message.ts";
import { decodeViewerMessage } from "../proto/viewer-message.ts";
import type { Codec, Frame } from "./codec.ts";
import { cutBatches } from "./cut-batches.ts";
import type { Line } from "./encode.ts";
import { checkMessage, isTextOver } from "./frame.ts";

/** Events that were written already, for as long as their lines live: one that is new is written once, however many groups want it. */
const written = new WeakMap<Line, Uint8Array>();

/** VW2: batches in Protocol Buffers. The log holds JSON: an event is read and written here, only when a viewer of this mode wants it. */
export const protoCodec: Codec = {
  frames: (lines, through, now) => cutBatches(lines, through, (batch, end) => frame(encodeBatch(batch.map(eventOf), end, now), end)),

  message: (message, now) => encodeRoomMessage({ ...message, timestamp: new Date(now).toISOString() }),

  read(content) {
    if (typeof content === "string") return isTextOver(VIEWER_FRAME_MAX, content) ? failure("frame_too_big") : failure("text_frame");
    if (content.byteLength > VIEWER_FRAME_MAX) return failure("frame_too_big");
    const decoded = decodeViewerMessage(new Uint8Array(content));
    return decoded.ok ? checkMessage(decoded.value, { types: VIEWER_MESSAGE_TYPES, schema: viewerMessage }) : decoded;
  },
};

function eventOf(line: Line): Uint8Array {
  const known = written.get(line);
  if (known) return known;
  const bytes = encodeEvent(JSON.parse(line.json));
  written.set(line, bytes);
  return bytes;
}

function frame(bytes: Uint8Array, through: number): Frame {
  return { wire: bytes, sent: { through, bytes: bytes.byteLength } };
}
