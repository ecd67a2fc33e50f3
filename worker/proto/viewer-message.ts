import { fromBinary } from "@bufbuild/protobuf";
import { failure, type Result } from "../../protocol/index.ts";
import type { JsonObject } from "./message.ts";
import { type Command, type ViewerMessage, ViewerMessageSchema } from "./runcast_v1_pb.ts";

/**
 * Decodes a frame of a viewer into what a JSON viewer would have sent, so that both are held to the same schemas.
 * @param frame a ViewerMessage
 */
export function decodeViewerMessage(frame: Uint8Array): Result<JsonObject> {
  let message: ViewerMessage;
  try {
    message = fromBinary(ViewerMessageSchema, frame);
  } catch {
    return failure("invalid_protobuf");
  }
  const { body } = message;
  switch (body.case) {
    case undefined:
      return failure("unknown_type", "there is no message in this frame that this relay knows");
    case "subscribe":
    case "unsubscribe":
      return { ok: true, value: { type: body.case, events: body.value.events } };
    case "ping":
      return { ok: true, value: { type: "ping", timestamp: body.value.timestamp.value } };
    case "ack":
      return { ok: true, value: { type: "ack", through: Number(body.value.through) } };
    case "refresh":
      return { ok: true, value: { type: "refresh", token: body.value.token } };
    case "command":
      return { ok: true, value: commandOf(body.value) };
  }
}

/** CM2: a field that the schema does not know is passed on by its number, so that it is refused like a misspelt one in JSON. */
function commandOf({ $typeName: _, $unknown, negativePrompt, seed, ...options }: Command): JsonObject {
  const unknown = ($unknown ?? []).map(({ no }) => [`field ${no}`, null]);
  const renamed = { negative_prompt: negativePrompt, seed: seed === undefined ? undefined : Number(seed) };
  return { type: "command", ...options, ...renamed, ...Object.fromEntries(unknown) };
}
