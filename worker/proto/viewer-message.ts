import { fromBinary } from "@bufbuild/protobuf";
import type { JsonObject } from "./message.ts";
import { type Command, type ViewerMessage, ViewerMessageSchema } from "./runcast_v1_pb.ts";

/** What a frame of a viewer holds: what a JSON viewer would have sent, nothing that we know, or no Protocol Buffers at all. */
export type Decoded = { kind: "message"; json: JsonObject } | { kind: "unknown" } | { kind: "malformed" };

/** Decodes a ViewerMessage into JSON, so that all viewers are held to the same schemas. */
export function decodeViewerMessage(frame: Uint8Array): Decoded {
  let message: ViewerMessage;
  try {
    message = fromBinary(ViewerMessageSchema, frame);
  } catch {
    return { kind: "malformed" };
  }
  const json = jsonOf(message.body);
  return json === null ? { kind: "unknown" } : { kind: "message", json };
}

function jsonOf(body: ViewerMessage["body"]): JsonObject | null {
  switch (body.case) {
    case undefined:
      return null;
    case "subscribe":
    case "unsubscribe":
      return { type: body.case, events: body.value.events };
    case "ping":
      return { type: "ping", timestamp: body.value.timestamp.value };
    case "ack":
      return { type: "ack", through: Number(body.value.through) };
    case "refresh":
      return { type: "refresh", token: body.value.token };
    case "command":
      return commandOf(body.value);
  }
}

/** CM2: a field that the schema does not know is passed on by its number, so that it is refused like a misspelt one in JSON. */
function commandOf({ $typeName: _, $unknown, negativePrompt, seed, ...options }: Command): JsonObject {
  const unknown = ($unknown ?? []).map(({ no }) => [`field ${no}`, null]);
  const renamed = { negative_prompt: negativePrompt, seed: seed === undefined ? undefined : Number(seed) };
  return { type: "command", ...options, ...renamed, ...Object.fromEntries(unknown) };
}
