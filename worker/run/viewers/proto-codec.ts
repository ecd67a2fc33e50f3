import { failure, VIEWER_FRAME_MAX, type ViewerMessage } from "../../../protocol/index.ts";
import { checkMessage, type Understood } from "../frame.ts";
import type { Line } from "../log/line.ts";
import { isOver } from "../utf8.ts";
import type { Codec, Frame } from "./codec.ts";
import { cutBatches } from "./cut-batches.ts";
import { FROM_VIEWER } from "./json-codec.ts";

type Proto = typeof import("../../proto/index.ts");

/**
 * VW2: batches in Protocol Buffers. The log holds JSON: an event is read and written here, and only when a viewer of this mode wants it.
 * The library and the schema are loaded for the first such viewer: they would make every start of the Worker longer.
 */
export async function loadProtoCodec(): Promise<Codec> {
  const proto = await import("../../proto/index.ts");
  // For as long as its line lives: an event that is new is written once, however many groups want it.
  const written = new WeakMap<Line, Uint8Array>();
  const eventOf = (line: Line): Uint8Array => {
    const known = written.get(line);
    if (known) return known;
    const bytes = proto.encodeEvent(JSON.parse(line.json));
    written.set(line, bytes);
    return bytes;
  };
  return {
    frames: (lines, through, now) =>
      cutBatches(lines, through, (batch, end) => frame(proto.encodeBatch(batch.map(eventOf), end, now), end)),
    message: (message, now) => proto.encodeRoomMessage({ ...message, timestamp: new Date(now).toISOString() }),
    read: (content) => read(proto, content),
  };
}

function read({ decodeViewerMessage }: Proto, content: string | ArrayBuffer): Understood<ViewerMessage> {
  if (isOver(VIEWER_FRAME_MAX, content)) return failure("frame_too_big");
  if (typeof content === "string") return failure("text_frame");
  const decoded = decodeViewerMessage(new Uint8Array(content));
  switch (decoded.kind) {
    case "message":
      return checkMessage(decoded.json, FROM_VIEWER);
    case "unknown":
      return failure("unknown_type", "there is no message in this frame that this relay knows");
    case "malformed":
      return failure("invalid_protobuf");
  }
}

function frame(bytes: Uint8Array, through: number): Frame {
  return { wire: bytes, sent: { through, bytes: bytes.byteLength } };
}
