/**
 * The one table of error codes: what goes wrong, as HTTP status and as WebSocket close code.
 * Close codes 4000–4099 mean: come back. 4100–4199: do not. A code without a close leaves the connection open.
 */
export const ERRORS = {
  // Connections that end, and may come back.
  restart: { http: 503, close: 4000, message: "the relay restarts" },
  recycled: { http: 503, close: 4001, message: "this connection has carried enough: connect again" },
  slow: { http: 503, close: 4008, message: "this client reads too slowly" },
  rate_limited: { http: 429, close: 4029, message: "too many requests" },
  // Connections that end for good.
  unauthorized: { http: 401, close: 4100, message: "a valid token is needed" },
  token_expired: { http: 401, close: 4101, message: "the token has expired" },
  token_revoked: { http: 401, close: 4102, message: "the token was revoked" },
  forbidden: { http: 403, close: 4103, message: "this token does not allow that" },
  run_deleted: { http: 410, close: 4104, message: "the run was deleted" },
  superseded: { http: 409, close: 4105, message: "another producer took over" },
  stale_life: { http: 409, close: 4106, message: "this life was superseded: begin a new one" },
  protocol_error: { http: 400, close: 4107, message: "the peer does not speak this protocol" },
  frame_too_big: { http: 413, close: 1009, message: "the frame is too big" },
  // Answers that leave a connection as it is.
  invalid_json: { http: 400, close: null, message: "this is not JSON" },
  invalid_message: { http: 400, close: null, message: "the message does not have the shape of its type" },
  unknown_type: { http: 400, close: null, message: "there is no message of this type" },
  binary_frame: { http: 400, close: null, message: "this mode takes text frames" },
  text_frame: { http: 400, close: null, message: "this mode takes binary frames" },
  invalid_protobuf: { http: 400, close: null, message: "this is not a ViewerMessage of runcast_v1.proto" },
  sequence_gap: { http: 409, close: null, message: "a batch is missing before this one" },
  event_too_big: { http: 413, close: null, message: "one event is too big to be stored" },
  hello_first: { http: 400, close: null, message: "say hello first" },
  // HTTP alone.
  limit_reached: { http: 429, close: null, message: "there is no room for more of these" },
  origin_not_allowed: { http: 403, close: null, message: "a cookie counts only from an allowed origin" },
  not_found: { http: 404, close: null, message: "there is no such thing here" },
  run_not_found: { http: 404, close: null, message: "there is no such run" },
  method_not_allowed: { http: 405, close: null, message: "this method is not allowed here" },
  upgrade_required: { http: 426, close: null, message: "this is a WebSocket endpoint" },
  too_large: { http: 413, close: null, message: "the body is too large" },
  length_required: { http: 411, close: null, message: "say the length of the body" },
  unsupported_media_type: { http: 415, close: null, message: "this kind of file is not taken" },
  hash_mismatch: { http: 422, close: null, message: "the content does not have the hash in its address" },
  range_not_satisfiable: { http: 416, close: null, message: "the range lies outside the content" },
  misconfigured: { http: 500, close: null, message: "the relay is not configured" },
  internal: { http: 500, close: null, message: "something went wrong in the relay" },
} as const satisfies Record<string, { http: number; close: number | null; message: string }>;

export type ErrorCode = keyof typeof ERRORS;
/** A code that ends a connection. */
export type EndingCode = { [Code in ErrorCode]: (typeof ERRORS)[Code]["close"] extends number ? Code : never }[ErrorCode];

export function endsConnection(code: ErrorCode): code is EndingCode {
  return ERRORS[code].close !== null;
}

/** An expected failure, as a value. */
export type Failure = { ok: false; code: ErrorCode; message: string };
export type Result<T> = { ok: true; value: T } | Failure;

/** @returns a failure with the table's message, or a more exact one. */
export function failure(code: ErrorCode, message: string = ERRORS[code].message): Failure {
  return { ok: false, code, message };
}

/** Body of every HTTP error. */
export type ErrorBody = { error: { code: ErrorCode; message: string } };

/** What a client does about a close code. */
export type AfterClose = "reconnect" | "reconnect_at_once" | "refresh_token" | "stop";

/**
 * @param code a WebSocket close code, ours or the protocol's (1006 after a cut, 1012 at a restart, …)
 * @returns whether to come back, and how
 */
export function afterClose(code: number): AfterClose {
  if (code === ERRORS.recycled.close) return "reconnect_at_once";
  if (code === ERRORS.token_expired.close) return "refresh_token";
  if ((code >= 4100 && code < 4200) || code === ERRORS.frame_too_big.close) return "stop";
  return "reconnect";
}

/** @returns the table's name for a close code, or null for one that is not ours. */
export function closeName(code: number): ErrorCode | null {
  for (const [name, entry] of Object.entries(ERRORS)) if (entry.close === code) return name as ErrorCode;
  return null;
}
