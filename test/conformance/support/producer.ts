import assert from "node:assert/strict";
import { type AnyEvent, type RoomToAgent, roomToAgent } from "../../../protocol/index.ts";
import { type Frame, type Peer, stamped } from "./peer.ts";

/** A scripted agent: it says what it is told to, and checks the shape of whatever the room says. */
export type Producer = Omit<Peer, "next" | "nextOf"> & {
  /** What its hello was answered with. */
  readonly greeting: Frame;
  next(patience_ms?: number): Promise<Frame>;
  nextOf(type: RoomToAgent["type"], patience_ms?: number): Promise<Frame>;
  /** Sends events after the last ones, to be stored at once if nothing else is said. @returns the seq of the last */
  batch(events: readonly AnyEvent[], flush?: boolean): number;
  /** Sends events, and waits until they are stored. @returns the seq of the last */
  store(events: readonly AnyEvent[]): Promise<number>;
  /** Waits until everything up to a seq is acknowledged. */
  acked(seq: number): Promise<void>;
};

export type HelloWish = { life?: string; next_seq?: number; sent_seq?: number; run_info?: Record<string, unknown> };

export function hello(wish: HelloWish = {}): Record<string, unknown> {
  const agent = { name: "conformance", version: "1" };
  return { type: "hello", protocol: 1, life: "life-1", next_seq: 1, sent_seq: 0, agent, ...wish };
}

/** Says hello, and takes the answer whatever it is. */
export async function greet(peer: Peer, wish: HelloWish): Promise<Producer> {
  const next = async (patience_ms?: number) => checked(await peer.next(patience_ms));
  const nextOf = async (type: string, patience_ms?: number) => checked(await peer.nextOf(type, patience_ms));
  peer.send(hello(wish));
  const greeting = await next();
  let last = typeof greeting.last_seq === "number" ? greeting.last_seq : 0;
  const acked = async (seq: number) => {
    for (;;) {
      const ack = await nextOf("ack");
      if ((ack.seq as number) >= seq) {
        assert.equal(ack.seq, seq, "an ack names the newest seq that is stored");
        return;
      }
    }
  };
  const batch = (events: readonly AnyEvent[], flush = true) => {
    peer.send({ type: "batch", first_seq: last + 1, events, flush });
    last += events.length;
    return last;
  };
  return {
    ...peer,
    greeting,
    next,
    nextOf,
    batch,
    acked,
    async store(events) {
      const seq = batch(events);
      await acked(seq);
      return seq;
    },
  };
}

function checked(frame: Frame): Frame {
  roomToAgent.parse(frame);
  stamped(frame);
  return frame;
}
