import type { SocketPort } from "./sockets.ts";

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
