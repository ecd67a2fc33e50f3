/**
 * The process that many viewers live in. It does as little as it can with a frame: events are counted by a mark in its bytes, and
 * nothing is parsed, so that the relay and not its audience is what is measured.
 */
import { WebSocket } from "ws";
import { clock } from "./clock.ts";
import type { CrowdAnswer, CrowdRequest, Door } from "./crowd-messages.ts";
import { MARK } from "./events.ts";

/** Upgrades on their way at the same time. */
const OPENING = 50;
/** Viewers whose delays are noted: enough for a p99, few enough not to cost. */
const TIMED = 100;

type Seat = { socket: WebSocket; timed: boolean; events: number; unread: number };
type Wait = { events: number; left: number; delays: number[]; frames: number };

const seats: Seat[] = [];
let waiting: Wait | null = null;

process.on("disconnect", () => process.exit(0));
process.on("message", (request: CrowdRequest) => {
  switch (request.kind) {
    case "open":
      open(request.door, request.count).then(() => say({ kind: "done" }), fail);
      return;
    case "expect":
      beginAnew();
      waiting = { events: request.events, left: seats.length, delays: [], frames: 0 };
      say({ kind: "expecting" });
      return;
    case "keep":
      Promise.all(seats.splice(request.count).map(leave)).then(() => say({ kind: "done" }), fail);
      return;
    default:
      request satisfies never;
  }
});

async function open(door: Door, count: number): Promise<void> {
  let left = count;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      await sit(door);
    }
  };
  await Promise.all(Array.from({ length: OPENING }, one));
}

function sit(door: Door): Promise<void> {
  const socket = new WebSocket(door.url, door.subprotocols, { headers: door.headers, perMessageDeflate: false, skipUTF8Validation: true });
  const seat: Seat = { socket, timed: false, events: 0, unread: 0 };
  return new Promise((resolve, reject) => {
    const seated = () => {
      seats.push(seat);
      socket.on("message", (frame: Buffer) => read(seat, frame, door));
      resolve();
    };
    if (door.welcomed) socket.once("message", seated);
    else socket.once("open", seated);
    socket.on("error", reject);
    socket.on("close", (code, reason) => {
      if (seats.includes(seat)) fail(new Error(`a viewer was closed with ${code} ${reason}`));
    });
  });
}

/** Those whose delays are noted sit all over the crowd: a relay may serve whoever came first earlier. */
function beginAnew(): void {
  const step = Math.ceil(seats.length / TIMED);
  for (const [index, seat] of seats.entries()) {
    seat.events = 0;
    seat.timed = index % step === 0;
  }
}

function leave(seat: Seat): Promise<void> {
  return new Promise((resolve) => {
    seat.socket.once("close", () => resolve());
    seat.socket.close(1000);
  });
}

function read(seat: Seat, frame: Buffer, door: Door): void {
  if (door.ack_every_bytes > 0) {
    seat.unread += frame.length;
    if (seat.unread >= door.ack_every_bytes) {
      seat.unread = 0;
      seat.socket.send(JSON.stringify({ type: "ack", through: throughOf(frame) }));
    }
  }
  if (waiting === null) return;
  const before = seat.events;
  for (let at = frame.indexOf(MARK); at !== -1; at = frame.indexOf(MARK, at + MARK.length)) {
    seat.events += 1;
    if (seat.timed) waiting.delays.push(clock() - Number.parseFloat(frame.toString("latin1", at + MARK.length, at + MARK.length + 20)));
  }
  if (seat.events > before) waiting.frames += 1;
  if (seat.events > waiting.events) fail(new Error(`a viewer got ${seat.events} events, ${waiting.events} were sent`));
  if (before === waiting.events || seat.events !== waiting.events) return;
  waiting.left -= 1;
  if (waiting.left > 0) return;
  const events = seats.reduce((sum, { events }) => sum + events, 0);
  say({ kind: "received", at: clock(), events, frames: waiting.frames, delays: waiting.delays });
  waiting = null;
}

function throughOf(frame: Buffer): number {
  return Number(/"through":(\d+)\}$/.exec(frame.toString("latin1", Math.max(0, frame.length - 40)))?.[1]);
}

function fail(error: Error): void {
  say({ kind: "failed", message: error.message });
}

function say(answer: CrowdAnswer): void {
  process.send?.(answer);
}
