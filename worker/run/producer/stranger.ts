import { ERRORS, type Failure, failure } from "../../../protocol/index.ts";
import type { SocketPort } from "../sockets.ts";
import type { AgentSocket } from "./agent-desk.ts";
import { decodeAgentFrame } from "./agent-frame.ts";

/** Agents that a room's desk does not know: of a run that does not exist yet, or one too many. */

/**
 * What an agent of a run that does not exist yet says. Anything but a hello is refused, and told so.
 * @returns whether it was a hello
 */
export function isHello(agent: AgentSocket, frame: string | ArrayBuffer, now: number): boolean {
  if (!agent.bucket.take(1, now)) {
    tellError(agent.socket, failure("rate_limited", "too many messages"), { retry_after_ms: agent.bucket.fullIn(now) });
    return false;
  }
  const decoded = decodeAgentFrame(frame);
  if (decoded.ok && decoded.value.type === "hello") return true;
  tellError(agent.socket, decoded.ok ? failure("hello_first") : decoded);
  return false;
}

/** Tells somebody who has no desk; a code that ends a connection ends it. */
export function tellError(socket: SocketPort, { code, message }: Failure, more: { retry_after_ms?: number } = {}): void {
  socket.send(JSON.stringify({ type: "error", timestamp: new Date().toISOString(), code, message, ...more }));
  const { close } = ERRORS[code];
  if (close !== null) socket.close(close, message);
}
