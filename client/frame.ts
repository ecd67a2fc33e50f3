import { type RoomMessage, roomMessage } from "../protocol/index.ts";

const KNOWN: ReadonlySet<string> = new Set<RoomMessage["type"]>([
  "welcome",
  "batch",
  "subscribed",
  "unsubscribed",
  "pong",
  "refreshed",
  "renumbered",
  "command_ack",
  "error",
  "keepalive_ack",
]);

/** @returns the message, `"unknown"` for one of a newer relay, null for a frame that cannot be read. */
export function readFrame(data: unknown): RoomMessage | "unknown" | null {
  if (typeof data !== "string") return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  const parsed = roomMessage.safeParse(value);
  if (parsed.success) return parsed.data;
  const isNew = typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && !KNOWN.has(value.type);
  return isNew ? "unknown" : null;
}
