import { type RoomMessage, VIEWER_FRAME_MAX, VIEWER_MESSAGE_TYPES, viewerMessage } from "../../protocol/index.ts";
import type { Codec, Frame } from "./codec.ts";
import { cutBatches } from "./cut-batches.ts";
import type { Line } from "./encode.ts";
import { decodeFrame } from "./frame.ts";

/** What a viewer may send, however it is written. */
export const FROM_VIEWER = { max: VIEWER_FRAME_MAX, types: VIEWER_MESSAGE_TYPES, schema: viewerMessage };

const read: Codec["read"] = (frame) => decodeFrame(frame, FROM_VIEWER);

function message(content: RoomMessage, now: number): string {
  return JSON.stringify({ timestamp: new Date(now).toISOString(), ...content });
}

/** VW1: each event by itself. */
export const plainCodec: Codec = {
  frames: (lines) => lines.map((line) => frame(line.json, line.offset)),
  message,
  read,
};

/** VW2: events in batches. */
export const batchedCodec: Codec = {
  frames: (lines, through, now) => cutBatches(lines, through, (batch, end) => frame(batchText(batch, end, now), end)),
  message,
  read,
};

/** The lines are JSON already: they are only put together. */
function batchText(lines: readonly Line[], through: number, now: number): string {
  const events = lines.map((line) => line.json).join(",");
  return `{"type":"batch","timestamp":"${new Date(now).toISOString()}","events":[${events}],"through":${through}}`;
}

/** The size in UTF-16 units: near enough for what it bounds, and free. */
function frame(text: string, through: number): Frame {
  return { wire: text, sent: { through, bytes: text.length } };
}
