import { BATCHED_SUBPROTOCOL, BEARER_SUBPROTOCOL_PREFIX } from "../protocol/index.ts";
import { socketAddress } from "./address.ts";
import type { ConnectOptions, SocketLike } from "./options.ts";
import type { Reason } from "./state.ts";

/** What may stand in a subprotocol, and in a JWT: anything else makes the WebSocket constructor throw. */
const TOKEN_TEXT = /^[A-Za-z0-9._~+-]+$/;

/** `readyState` of a socket on which a close frame has come. */
const CLOSING = 2;
const LOOK_MS = 1000;

/** What a socket is opened with. */
export type Asked = { token: string | null; events: readonly string[]; since: string | null };

/** @returns a socket on its way, or why another try would fail alike */
export function openSocket(
  Socket: NonNullable<ConnectOptions["WebSocket"]>,
  { url, run, replay }: ConnectOptions,
  { token, events, since }: Asked,
): { ok: true; socket: SocketLike } | { ok: false; reason: Reason } {
  if (token !== null && !TOKEN_TEXT.test(token)) return { ok: false, reason: { code: "unauthorized", message: "this is not a token" } };
  const query: Record<string, string> = { events: events.join(",") };
  if (since !== null) query.since = since;
  if (replay !== undefined) query.replay = String(replay);
  const protocols = [BATCHED_SUBPROTOCOL];
  if (token !== null) protocols.push(`${BEARER_SUBPROTOCOL_PREFIX}${token}`);
  try {
    return { ok: true, socket: new Socket(socketAddress(url, `/runs/${encodeURIComponent(run)}/ws`, query), protocols) };
  } catch (error) {
    // Such as a page over https and a relay over http.
    return { ok: false, reason: { code: "bad_address", message: error instanceof Error ? error.message : String(error) } };
  }
}

/**
 * A peer may say goodbye and then leave the line open (workerd does, when it closes first). Node's sockets wait half a minute or longer
 * for its end before they tell of the close; this is noticed after a second or two.
 *
 * @param onStuck called where the socket cannot be ended by itself, and its close code is not known
 * @returns ends the watch
 */
export function watchClosing(socket: SocketLike, onStuck: () => void): () => void {
  let wasClosing = false;
  const timer = setInterval(() => {
    if (socket.readyState !== CLOSING) return;
    if (wasClosing && socket.terminate === undefined) onStuck();
    else if (wasClosing) socket.terminate?.();
    wasClosing = true;
  }, LOOK_MS);
  return () => clearInterval(timer);
}
