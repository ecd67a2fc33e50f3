import type { z } from "zod";
import { describe, failure, type Result } from "../../protocol/index.ts";

const encoder = new TextEncoder();

/**
 * Decodes one text frame against the schema of its direction.
 * @param limits `max` bytes; `types` that the direction knows, to tell an unknown type from one with a wrong shape
 */
export function decodeFrame<T>(
  frame: string | ArrayBuffer,
  limits: { max: number; types: ReadonlySet<string>; schema: z.ZodType<T> },
): Result<T> {
  if (typeof frame !== "string") return frame.byteLength > limits.max ? failure("frame_too_big") : failure("binary_frame");
  // Three bytes a UTF-16 unit at most: short frames need no count.
  if (frame.length * 3 > limits.max && encoder.encode(frame).byteLength > limits.max) return failure("frame_too_big");
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return failure("invalid_json");
  }
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  if (typeof type !== "string") return failure("invalid_message", "a message is an object with a type");
  if (!limits.types.has(type)) return failure("unknown_type", `there is no message of type ${JSON.stringify(type.slice(0, 64))}`);
  const parsed = limits.schema.safeParse(value);
  return parsed.success ? { ok: true, value: parsed.data } : failure("invalid_message", `${type}: ${describe(parsed.error)}`);
}

/** UTF-16 units of a text frame, bytes of a binary one: near enough for counting, and free. */
export function frameSize(frame: string | ArrayBuffer): number {
  return typeof frame === "string" ? frame.length : frame.byteLength;
}
