import type { z } from "zod";
import { describe, failure, type Result } from "../../protocol/index.ts";

const encoder = new TextEncoder();

/** What one direction of a protocol knows: its messages, and `types`, to tell an unknown one from one with a wrong shape. */
export type Direction<T> = { types: ReadonlySet<string>; schema: z.ZodType<T> };

/**
 * Decodes one text frame against the schema of its direction.
 * @param limits `max` bytes
 */
export function decodeFrame<T>(frame: string | ArrayBuffer, limits: Direction<T> & { max: number }): Result<T> {
  if (typeof frame !== "string") return frame.byteLength > limits.max ? failure("frame_too_big") : failure("binary_frame");
  if (isTextOver(limits.max, frame)) return failure("frame_too_big");
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return failure("invalid_json");
  }
  return checkMessage(value, limits);
}

/** Checks what a frame held, however it was written. */
export function checkMessage<T>(value: unknown, direction: Direction<T>): Result<T> {
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  if (typeof type !== "string") return failure("invalid_message", "a message is an object with a type");
  if (!direction.types.has(type)) return failure("unknown_type", `there is no message of type ${JSON.stringify(type.slice(0, 64))}`);
  const parsed = direction.schema.safeParse(value);
  return parsed.success ? { ok: true, value: parsed.data } : failure("invalid_message", `${type}: ${describe(parsed.error)}`);
}

/** @returns whether the text has more than `max` bytes. Three a UTF-16 unit at most: short ones need no count. */
export function isTextOver(max: number, text: string): boolean {
  return text.length * 3 > max && encoder.encode(text).byteLength > max;
}

/** UTF-16 units of a text frame, bytes of a binary one: near enough for counting, and free. */
export function frameSize(frame: string | ArrayBuffer | Uint8Array): number {
  return typeof frame === "string" ? frame.length : frame.byteLength;
}
