import type { RoomToAgent } from "../../protocol/index.ts";
import type { Level } from "../log.ts";
import type { Rhythm } from "./rhythm.ts";

/** What the producer machine of `producer.ts` is made of. Times are milliseconds; seqs are those of the spool's present life. */

/** The link to the room; each state holds its own fields only. */
export type Link =
  | { kind: "waiting"; until: number; refused: boolean }
  | { kind: "connecting"; since: number }
  | { kind: "greeting"; since: number }
  | ({ kind: "live" } & Live)
  | { kind: "stopped"; reason: string };

export type Live = {
  since: number;
  /** The seq to be sent next; at most `sent` while events are sent again. */
  cursor: number;
  demand: Rhythm;
  /** Batches without an ack, oldest first. */
  inFlight: readonly { last: number; bytes: number }[];
  /** When the newest batch went out, and whether it said `flush`. */
  batchAt: number;
  flushed: boolean;
  /** Events are to go out whatever the rhythm says: somebody came to watch, or the last batch did not hold all. */
  urgent: boolean;
  /** The spool has events and gives none before then: its disk is full. */
  blockedUntil: number;
  /** The newest return to an earlier seq, and when that was. */
  rewound: { to: number; at: number };
  heardAt: number;
  pingedAt: number;
  /** From an `error` that comes before a close. */
  retryAfterMs: number;
};

/** Those of the spool. Another life than before means that its file was lost and another one begun. */
export type Figures = { life: string; acked: number; sent: number; waiting: number };

export type Producer = Figures & {
  link: Link;
  /** Failures in a row. */
  attempt: number;
  /** Whether a token can be made anew for each connection. */
  renewable: boolean;
  /** The run ends: everything goes out now; `failed` once a connection could not be made since. */
  finishing: "no" | "yes" | "failed";
};

/** How a connection, or the attempt to make one, came to its end. */
export type Ending =
  /** The socket closed; 1006 where it was cut or never opened. */
  | { kind: "closed"; code: number; reason: string }
  /** The upgrade was answered with an HTTP status instead; `code` is the relay's own, null where something else answered. */
  | { kind: "refused"; status: number; code: string | null; message: string; retryAfterMs: number };

export type Input =
  | { type: "tick" }
  | { type: "opened" }
  | { type: "heard" }
  | { type: "message"; message: RoomToAgent }
  | { type: "ended"; ending: Ending; random: number }
  | ({ type: "figures" } & Figures)
  /** A batch went out, as an effect wanted it; null when there was nothing to read. */
  | ({ type: "sent"; batch: { last: number; bytes: number; flush: boolean } | null } & Figures)
  | { type: "finish" };

export type Effect =
  | { type: "connect" }
  | { type: "hello" }
  /** Read from the spool, send, and answer with the input `sent`. */
  | { type: "batch"; from: number; bytes: number; events: number; flush: boolean }
  | { type: "acknowledged"; seq: number }
  | { type: "skip_to"; seq: number }
  | { type: "begin_life" }
  /** The room refuses this event: something that it takes is to stand in its place. */
  | { type: "replace"; seq: number; why: string }
  | { type: "command"; command: Extract<RoomToAgent, { type: "command" }> }
  | { type: "live" }
  | { type: "ping" }
  | { type: "drop" }
  | { type: "say"; level: Level; text: string };

export type Step = { producer: Producer; effects: Effect[] };
