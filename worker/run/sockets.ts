import { CLOCK_LEEWAY_S, type Demand, type Role } from "../../protocol/index.ts";
import type { BucketLevel } from "./message-bucket.ts";
import type { Wire } from "./viewers/codec.ts";
import type { Subscription } from "./viewers/subscription.ts";

/** What the room needs of a WebSocket. The platform's hibernating ones are behind it, and a test's own. */
export type SocketPort = {
  /** @returns false where the socket is gone; nothing is thrown */
  send(frame: Wire): boolean;
  close(code: number, reason: string): void;
  /** Bytes that the runtime holds because the peer does not read; null where the runtime does not tell. */
  buffered(): number | null;
  /** Survives hibernation. 16,384 bytes serialised at most. */
  remember(attachment: Attachment): void;
};

/** VW1, VW2: each event by itself, batches in JSON, or batches in Protocol Buffers. Only a plain viewer cannot acknowledge. */
export type ViewerMode = "plain" | "batched" | "proto";

/** Who is connected, from the token. `exp` in seconds since 1970 (AC4). A socket of an older relay has no `jti`. */
export type Identity = { sub: string; role: Role; exp: number; jti?: string | null };

/** AC4: whether the token of an open socket has ended. The same clock difference is forgiven as at the door. */
export function hasEnded(identity: Identity, now: number): boolean {
  return (identity.exp + CLOCK_LEEWAY_S) * 1000 <= now;
}

/** When a token ends, as viewers are told. */
export function endOf(identity: Identity): string {
  return new Date(identity.exp * 1000).toISOString();
}

/** At most 64 subscriptions of 64 characters: about 5 KiB of the 16 that the platform keeps. */
export type ViewerAttachment = Identity & {
  kind: "viewer";
  client_id: string;
  mode: ViewerMode;
  subscription: Subscription;
  /** The viewer has everything up to here, though the log does not reach so far yet (VW3); else where it joined. */
  joined_at: number;
  /** VW6: where a viewer that reads too slowly is; null for one that is up with the log. */
  behind_at: number | null;
  /** AC6: how much it may still send, where that was less than half a burst; absent for one that never came so far. */
  bucket?: BucketLevel;
};

export type AgentAttachment = Identity & {
  kind: "agent";
  run: string;
  client_id: string;
  /** Milliseconds since 1970: a `hello` of the present life from an earlier connection is late, and takes nothing over (PR2). */
  connected_at: number;
  /** Set by hello, taken away by the next producer's hello (fence). */
  life: string | null;
  /** Highest offset that viewers were sent: above the stored log's end when the object was evicted with a tail. */
  sent_through: number;
  /** Highest seq that the producer ever sent: until all of them are here again, the room holds back events of its own (PR1). */
  sent_seq: number;
  /** When the agent last said something, milliseconds since 1970: a room that slept since must not call it silent. */
  heard_at: number;
  /** PR5: what the agent was told last; null before its hello. */
  demand: Demand["mode"] | null;
  /** How far the room's clock is ahead of the agent's, in milliseconds; a socket of an older relay has none. */
  clock_ms?: number;
};

export type Attachment = ViewerAttachment | AgentAttachment;
