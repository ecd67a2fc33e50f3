/** Why a link ended, or why it is not there. `code` is one of the protocol's, or one of {@link LocalCode}. */
export type Reason = { code: string; message: string };

/**
 * `unreachable`: nothing answers at the address. `dead_link`: the peer fell silent. `closed_by_user`: {@link Connection.close}.
 * `connection_lost`: cut without a word. `token_unavailable`: whoever gives the token failed. `bad_address`: the environment opens no
 * WebSocket to the relay's address.
 */
export type LocalCode = "unreachable" | "dead_link" | "closed_by_user" | "connection_lost" | "token_unavailable" | "bad_address";

/** A viewer's link. Times are milliseconds since 1970. */
export type LinkState =
  /** Never was live. */
  | { kind: "connecting"; since: number; attempt: number }
  | { kind: "live"; since: number }
  /** Was live, lost since, and expected back any moment. */
  | { kind: "recovering"; since: number; attempt: number; reason: Reason }
  /** Away for {@link OFFLINE_AFTER_MS} and more. It goes on trying: next at `retry_at`, null while a try is under way. */
  | { kind: "offline"; since: number; attempt: number; retry_at: number | null; reason: Reason }
  /** Ended for good: nothing more comes. */
  | { kind: "closed"; since: number; reason: Reason };

/** A loss shorter than this is a blink; a longer one is told as being offline. */
export const OFFLINE_AFTER_MS = 10_000;
