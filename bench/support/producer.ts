import { once } from "node:events";
import { WebSocket } from "ws";
import type { AnyEvent, RoomToAgent } from "../../protocol/index.ts";
import { roomToAgent } from "../../protocol/index.ts";

/** Who sends the events of a run, whatever the protocol. */
export type Producer = {
  /** Sends one frame. */
  send(events: readonly AnyEvent[]): void;
  /** Waits until everything that was sent is acknowledged, where the system acknowledges. */
  settled(): Promise<void>;
  /** Milliseconds between two frames that the system asks for (PR5); 0 where it does not ask. */
  rhythm_ms(): number;
  close(): void;
};

/** An agent as the room sees it: hello, batches, acks. */
export async function agentProducer(url: string, token: string): Promise<Producer> {
  const socket = await opened(url, { Authorization: `Bearer ${token}` });
  let demand_ms = 0;
  let sent = 0;
  let acked = 0;
  let heard: () => void = () => undefined;
  let failure: string | null = null;
  const ready = new Promise<void>((resolve) => {
    socket.on("message", (data) => {
      const message: RoomToAgent = roomToAgent.parse(JSON.parse(String(data)));
      if (message.type === "ready") {
        demand_ms = message.demand.batch_ms;
        resolve();
      } else if (message.type === "demand") demand_ms = message.batch_ms;
      else if (message.type === "ack") acked = message.seq;
      else if (message.type === "error") failure = `the room says ${message.code}: ${message.message}`;
      heard();
    });
  });
  socket.send(
    JSON.stringify({ type: "hello", protocol: 1, life: "bench", next_seq: 1, sent_seq: 0, agent: { name: "bench", version: "0" } }),
  );
  await ready;
  return {
    send(events) {
      socket.send(JSON.stringify({ type: "batch", first_seq: sent + 1, events }));
      sent += events.length;
    },
    async settled() {
      if (acked >= sent) return;
      // What is here already is acknowledged again, and stored first: as the agent does before it goes quiet.
      socket.send(
        JSON.stringify({ type: "batch", first_seq: sent, events: [{ type: "log", level: "info", message: "again" }], flush: true }),
      );
      while (acked < sent) {
        if (failure !== null) throw new Error(failure);
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
    rhythm_ms: () => demand_ms,
    close: () => socket.close(1000),
  };
}

/** A connection that sends its frames as they are, for the peers; each frame is acknowledged by a message where `acks` says so. */
export async function rawProducer(url: string, frame: (events: readonly AnyEvent[]) => string, acks: boolean): Promise<Producer> {
  const socket = await opened(url, {});
  let waiting = 0;
  let heard: () => void = () => undefined;
  socket.on("message", () => {
    waiting -= 1;
    heard();
  });
  return {
    send(events) {
      if (acks) waiting += 1;
      socket.send(frame(events));
    },
    async settled() {
      while (acks && waiting > 0) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
    rhythm_ms: () => 0,
    close: () => socket.close(1000),
  };
}

async function opened(url: string, headers: Record<string, string>): Promise<WebSocket> {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false });
  await once(socket, "open");
  return socket;
}
