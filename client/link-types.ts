import type { RoomMessage, StoredEvent, Welcome } from "../protocol/index.ts";
import type { Delivery } from "./delivery.ts";
import type { TokenEnd } from "./refresh.ts";
import type { Reason } from "./state.ts";
import type { Verdict } from "./verdict.ts";

/** A viewer's link between two inputs. Times are milliseconds since 1970. */
export type Link = {
  phase: Phase;
  delivery: Delivery;
  /** False where the connection asks for `replay=0`. */
  replaying: boolean;
  /** Tries since the link was last healthy. */
  attempt: number;
  /** Since when there is no link, and whether there ever was one. */
  away: { since: number; was_live: boolean; reason: Reason } | null;
  /** The reader has too much unread: nothing is acknowledged, and a link that is lost is not made anew, until it has read. */
  behind: boolean;
};

export type Phase =
  | { kind: "opening"; deadline: number }
  | Live
  /** The upgrade failed, and the run's address is being asked why. */
  | { kind: "asking" }
  | { kind: "renewing"; deadline: number }
  /** `patient_until`: what the relay asked for; nothing shortens it. */
  | { kind: "waiting"; retry_at: number; patient_until: number }
  /** The reader has to read first (VW6). */
  | { kind: "unread" }
  | { kind: "closed"; since: number; reason: Reason };

export type Live = {
  kind: "live";
  since: number;
  heard: number;
  /** When the link counts as dead unless something is heard; null while nothing was asked. */
  dead_at: number | null;
  keepalive: { send: string; every_ms: number };
  ack_every_bytes: number;
  unacked_bytes: number;
  /** An ack that waits for the reader. */
  held_ack: number | null;
  /** From an error that asked for patience before a close with 4029. */
  retry_after_ms: number;
  /** Null where the relay does not tell when the token ends. */
  token_end: TokenEnd | null;
};

export type Input =
  /** `null` for a frame that cannot be read: skipping it could be a hole. */
  | { kind: "message"; message: RoomMessage | null; bytes: number }
  | { kind: "socket_closed"; code: number; reason: string }
  | { kind: "verdict"; verdict: Verdict }
  /** What asking for a new token gave: another one, the same or none, or no answer. */
  | { kind: "token"; answer: "fresh" | "same" | "unavailable" }
  /** The reader has too much unread, or has read. */
  | { kind: "reader"; behind: boolean }
  /** The reader fell behind with the very batch that an ack was for. */
  | { kind: "held"; through: number }
  | { kind: "tick" }
  /** Something suggests that the network changed: a page that was woken, an `online` event. */
  | { kind: "check" }
  | { kind: "close" };

export type Effect =
  | { kind: "open"; since: string | null }
  | { kind: "abandon" }
  | { kind: "explain" }
  | { kind: "renew" }
  /** Asks for a newer token while the link stays (AC4). */
  | { kind: "refresh" }
  /** Tells the room what has arrived (VW6). */
  | { kind: "ack"; through: number }
  /** Asks whether the link still works (VW7). */
  | { kind: "probe"; text: string }
  | { kind: "welcome"; welcome: Welcome }
  /** `bytes`: of the frame that they came in. */
  | { kind: "deliver"; events: StoredEvent[]; bytes: number }
  | { kind: "answer"; message: RoomMessage };

export type Step = { link: Link; effects: Effect[] };
export type Instant = { now: number; random: number };
