import { type RoomMessage, VIEWER_FRAME_MAX, VIEWER_MESSAGE_TYPES, viewerMessage } from "../../../protocol/index.ts";
import { decodeFrame } from "../frame.ts";
import type { Line } from "../log/line.ts";
import type { Codec, Frame } from "./codec.ts";
import { cutBatches } from "./cut-batches.ts";

/** What a viewer may send, however it is written. */
export const FROM_VIEWER = { max: VIEWER_FRAME_MAX, types: VIEWER_MESSAGE_TYPES, schema: viewerMessage };

const read: Codec["read"] = (frame) => decodeFrame(frame, FROM_VIEWER);

function message(content: RoomMessage, now: number): string {
  return JSON.stringify({ timestamp: new Date(now).toISOString(), ...content });
}

/** VW1: each event by itself. */
export const plainCodec: Codec = {
  frames: (lines) => lines.map((line) => ({ wire: line.json, sent: { through: line.offset, bytes: line.bytes } })),
  message,
  read,
};

/** VW2: events in batches. */
export const batchedCodec: Codec = {
  frames: (lines, through, now) => cutBatches(lines, through, (batch, end) => batchFrame(batch, end, now)),
  message,
  read,
};

/** The lines are JSON already, and measured: they are only put together. */
function batchFrame(lines: readonly Line[], through: number, now: number): Frame {
  const events = lines.map((line) => line.json).join(",");
  const wire = `{"type":"batch","timestamp":"${new Date(now).toISOString()}","events":[${events}],"through":${through}}`;
  const around = wire.length - events.length + Math.max(0, lines.length - 1);
  return { wire, sent: { through, bytes: lines.reduce((sum, line) => sum + line.bytes, around) } };
}
