import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { atEnd } from "./at-end.ts";

export type Frame = { type: string; text: string };

/** What is done with a frame: `pass` sends a text on, as often as it is called. */
export type Handling = (frame: Frame, pass: (text: string) => void) => void;

/** A proxy in front of a relay's agent endpoint that sees whole frames: what a test does with them is set in `up` and `down`. */
export type Wire = {
  readonly url: string;
  /** How many connections were made. */
  connections(): number;
  /** Frames of the agent, and frames of the room. */
  up: Handling;
  down: Handling;
  /** Cuts the connection on both sides without a word. */
  cut(): void;
};

/** @param target the relay's WebSocket origin */
export async function startWire(target: string): Promise<Wire> {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const open = new Set<WebSocket>();
  let connections = 0;
  const pass: Handling = ({ text }, on) => on(text);
  server.on("upgrade", (request, raw, head) => {
    const relay = new WebSocket(`${target}${request.url}`, {
      headers: { authorization: request.headers.authorization ?? "" },
      perMessageDeflate: false,
    });
    relay.on("error", () => raw.destroy());
    relay.on("open", () =>
      sockets.handleUpgrade(request, raw, head, (agent) => {
        connections += 1;
        agent.on("error", () => undefined);
        join(agent, relay, (frame, on) => wire.up(frame, on));
        join(relay, agent, (frame, on) => wire.down(frame, on));
      }),
    );
  });
  const join = (from: WebSocket, to: WebSocket, handle: Handling) => {
    open.add(from);
    from.on("message", (data: RawData) => {
      const text = String(data);
      const { type } = JSON.parse(text) as { type: string };
      handle({ type, text }, (on) => {
        if (to.readyState === WebSocket.OPEN) to.send(on);
      });
    });
    from.on("close", (code, reason) => {
      open.delete(from);
      if (code === 1005 || code === 1006) to.terminate();
      else to.close(code, reason);
    });
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const wire: Wire = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    up: pass,
    down: pass,
    cut: () => {
      for (const socket of open) socket.terminate();
    },
  };
  atEnd(() => {
    wire.cut();
    server.closeAllConnections();
    server.close();
  });
  return wire;
}
