import assert from "node:assert/strict";
import { parseEvent, type Role, roomMessage, type StoredEvent, type Welcome } from "../../../protocol/index.ts";
import { type Frame, type Peer, stamped } from "./peer.ts";

/** `plain`: no sub-protocol is asked for; `runcast.plain` asks for the same by name. */
export type Mode = "plain" | "runcast.plain" | "runcast.v1.json";

export type ViewerWish = { mode?: Mode; role?: Role; run?: string; token?: string; sub?: string };

/** A viewer that has been welcomed, and checks the shape of whatever it is sent. */
export type Viewer = Peer & {
  readonly welcome: Welcome;
  /** The events of frames up to an offset, in the order in which they came. @param acknowledge says that they were read (VW6) */
  readTo(offset: number, acknowledge?: boolean): Promise<StoredEvent[]>;
  /** The next event that fits; others before it are dropped. */
  nextEvent(fits: (event: StoredEvent) => boolean, patience_ms?: number): Promise<StoredEvent>;
};

/** Takes the welcome, which comes first. */
export async function welcomed(peer: Peer, mode: Mode): Promise<Viewer> {
  const batched = mode === "runcast.v1.json";
  const next = async (patience_ms?: number) => checked(await peer.next(patience_ms), batched);
  const nextOf = async (type: string, patience_ms?: number) => checked(await peer.nextOf(type, patience_ms), batched);
  const welcome = await next();
  assert.equal(welcome.type, "welcome", "the first frame is the welcome");
  /** Events of the next frame; in plain mode a frame is an event, or an answer without one. */
  const more = async (patience_ms?: number) => {
    const frame = await next(patience_ms);
    return { frame, events: eventsOf([frame]), through: (batched ? frame.through : frame.offset) as number | undefined };
  };
  return {
    ...peer,
    next,
    nextOf,
    welcome: welcome as unknown as Welcome,
    async readTo(offset, acknowledge = false) {
      const events: StoredEvent[] = [];
      for (;;) {
        const { events: these, through } = await more();
        events.push(...these);
        if (through === undefined) continue;
        if (acknowledge && batched) peer.send({ type: "ack", through });
        assert.ok(through <= offset, `the viewer has come to ${through}, past ${offset}`);
        if (through === offset) return events;
      }
    },
    async nextEvent(fits, patience_ms) {
      for (;;) {
        const { events, through } = await more(patience_ms);
        if (batched && through !== undefined) peer.send({ type: "ack", through });
        const found = events.find(fits);
        if (found) return found;
      }
    },
  };
}

/** The events in frames, of either mode, in their order. */
export function eventsOf(frames: readonly Frame[]): StoredEvent[] {
  return frames.flatMap((frame) => {
    if (frame.type === "batch") return frame.events as StoredEvent[];
    return typeof frame.offset === "number" ? [frame as unknown as StoredEvent] : [];
  });
}

function checked(frame: Frame, batched: boolean): Frame {
  const isEvent = !batched && typeof frame.offset === "number";
  if (!isEvent) roomMessage.parse(frame);
  stamped(frame);
  for (const event of eventsOf([frame])) {
    const parsed = parseEvent(event);
    assert.notEqual(parsed.kind, "invalid", `the event ${JSON.stringify(event).slice(0, 500)} does not have the shape of its type`);
    stamped(event);
  }
  return frame;
}
