import type { SocketPort } from "./sockets.ts";

/** Sockets that the room has closed: what their other side had sent before it knew counts no more. */
const dismissed = new WeakSet<WebSocket>();

/** @returns whether the room has closed it; one whose other side has hung up is not meant, and what that said before still counts */
export function isDismissed(socket: WebSocket): boolean {
  return dismissed.has(socket);
}

/** The platform's socket behind the room's port: `send` after a close throws, and a reason has 123 bytes at most. */
export function socketPort(socket: WebSocket): SocketPort {
  return {
    send(frame) {
      try {
        socket.send(frame);
        return true;
      } catch {
        return false;
      }
    },
    close(code, reason) {
      dismissed.add(socket);
      try {
        socket.close(code, reason.slice(0, 40));
      } catch {
        // It is closed already.
      }
    },
    buffered() {
      // Only very new runtimes have it.
      return "bufferedAmount" in socket && typeof socket.bufferedAmount === "number" ? socket.bufferedAmount : null;
    },
    remember(attachment) {
      socket.serializeAttachment(attachment);
    },
  };
}
