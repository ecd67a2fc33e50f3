import { once } from "node:events";
import { WebSocket } from "ws";
import type { AnyEvent, RoomToAgent } from "../../protocol/index.ts";
import { roomToAgent } from "../../protocol/index.ts";

/** Who sends the events of a run, whatever the protocol. */
export type Producer = {
  /** Sends one frame. */
  send(events: readonly AnyEvent[]): void;
  /** Waits until no more than so many events are not acknowledged, where the system acknowledges. */
  waiting(atMost: number): Promise<void>;
  /** Asks for an ack of everything that was sent, and waits for it. */
  settled(): Promise<void>;
  /** Milliseconds between two frames that the system asks for (PR5); 0 where it does not ask. */
  rhythm_ms(): number;
  close(): void;
};

/** An agent as the room sees it: hello, batches, acks. */
export async function agentProducer(url: string, token: string): Promise<Producer> {
  const socket = await opened(url, { Authorization: `Bearer ${token}` });
  const acks = new Acks();
  let demand_ms = 0;
  const ready = new Promise<void>((resolve) => {
    socket.on("message", (data) => {
      const message: RoomToAgent = roomToAgent.parse(JSON.parse(String(data)));
      if (message.type === "ready") resolve();
      if (message.type === "ready") demand_ms = message.demand.batch_ms;
      if (message.type === "demand") demand_ms = message.batch_ms;
      if (message.type === "ack") acks.through(message.seq);
      if (message.type === "error") acks.fail(`the room says ${message.code}: ${message.message}`);
    });
  });
  socket.on("close", (code) => acks.fail(`the room closed the agent's socket with ${code}`));
  socket.send(
    JSON.stringify({ type: "hello", protocol: 1, life: "bench", next_seq: 1, sent_seq: 0, agent: { name: "bench", version: "0" } }),
  );
  await ready;
  return {
    send(events) {
      socket.send(JSON.stringify({ type: "batch", first_seq: acks.sent + 1, events }));
      acks.sent += events.length;
    },
    waiting: (atMost) => acks.waiting(atMost),
    async settled() {
      if (acks.acked === acks.sent) return;
      // The agent does so too before it goes quiet: what is here already is not taken again, but stored and acknowledged.
      const again = { type: "log", level: "info", message: "again" };
      socket.send(JSON.stringify({ type: "batch", first_seq: acks.sent, events: [again], flush: true }));
      await acks.waiting(0);
    },
    rhythm_ms: () => demand_ms,
    close: () => socket.close(1000),
  };
}

/** A connection that sends its frames as they are, for the peers; each frame is acknowledged by a message where `acknowledged` says so. */
export async function rawProducer(url: string, frame: (events: readonly AnyEvent[]) => string, acknowledged: boolean): Promise<Producer> {
  const socket = await opened(url, {});
  const acks = new Acks();
  const frames: number[] = [];
  socket.on("message", () => acks.through(acks.acked + (frames.shift() ?? 0)));
  socket.on("close", (code) => acks.fail(`the peer closed the producer's socket with ${code}`));
  return {
    send(events) {
      socket.send(frame(events));
      if (!acknowledged) return;
      acks.sent += events.length;
      frames.push(events.length);
    },
    waiting: (atMost) => acks.waiting(atMost),
    settled: () => acks.waiting(0),
    rhythm_ms: () => 0,
    close: () => socket.close(1000),
  };
}

/** How many events were sent and acknowledged, and who waits for that. */
class Acks {
  sent = 0;
  acked = 0;
  #failure: string | null = null;
  #heard: () => void = () => undefined;

  through(seq: number): void {
    this.acked = seq;
    this.#heard();
  }

  fail(why: string): void {
    this.#failure = why;
    this.#heard();
  }

  async waiting(atMost: number): Promise<void> {
    while (this.sent - this.acked > atMost) {
      if (this.#failure !== null) throw new Error(this.#failure);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}

async function opened(url: string, headers: Record<string, string>): Promise<WebSocket> {
  const socket = new WebSocket(url, { headers, perMessageDeflate: false });
  await once(socket, "open");
  return socket;
}
