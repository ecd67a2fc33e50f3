import type { z } from "zod";
import { describe, type Failure, failure, ID_PATTERN } from "../../protocol/index.ts";
import { isOver } from "./utf8.ts";

/** What one direction of a protocol knows: its messages, and `types`, to tell an unknown one from one with a wrong shape. */
export type Direction<T> = { types: ReadonlySet<string>; schema: z.ZodType<T> };

/**
 * Decodes one text frame against the schema of its direction.
 * @param limits `max` bytes
 */
export function decodeFrame<T>(frame: string | ArrayBuffer, limits: Direction<T> & { max: number }): Understood<T> {
  if (isOver(limits.max, frame)) return failure("frame_too_big");
  if (typeof frame !== "string") return failure("binary_frame");
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return failure("invalid_json");
  }
  return checkMessage(value, limits);
}

/** A frame that was not understood; `id` is the one that its sender waits for an answer to, where as much could be read. */
export type NotUnderstood = Failure & { id?: string };
export type Understood<T> = { ok: true; value: T } | NotUnderstood;

/** Checks what a frame held, however it was written. */
export function checkMessage<T>(value: unknown, direction: Direction<T>): Understood<T> {
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  if (typeof type !== "string") return failure("invalid_message", "a message is an object with a type");
  if (!direction.types.has(type)) return failure("unknown_type", `there is no message of type ${JSON.stringify(type.slice(0, 64))}`);
  const parsed = direction.schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ...failure("invalid_message", `${type}: ${describe(parsed.error)}`), ...idOf(value) };
}

function idOf(value: unknown): { id?: string } {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  return typeof id === "string" && ID_PATTERN.test(id) ? { id } : {};
}

/** UTF-16 units of a text frame, bytes of a binary one: near enough for counting, and free. */
export function frameSize(frame: string | ArrayBuffer | Uint8Array): number {
  return typeof frame === "string" ? frame.length : frame.byteLength;
}
