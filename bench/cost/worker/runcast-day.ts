import { ACK_EVERY_BYTES, type AnyEvent } from "../../../protocol/index.ts";
import { type AgentSocket, agentSocket } from "../../../worker/run/producer/agent-desk.ts";
import { Room } from "../../../worker/run/room.ts";
import type { SocketPort, ViewerAttachment } from "../../../worker/run/sockets.ts";
import { RoomStore } from "../../../worker/run/storage/store.ts";
import type { Viewer } from "../../../worker/run/viewers/fan-out.ts";
import { EVERYTHING } from "../../../worker/run/viewers/subscription.ts";
import { SimulatedAgent } from "./agent.ts";
import type { Bill } from "./bill.ts";
import { countedStorage } from "./counted-storage.ts";
import { STEP_MS, Trainer } from "./trainer.ts";

/** A page is opened anew this often by each of its viewers. */
const RELOAD_EVERY_MS = 3_600_000;
const MESSAGES_A_REQUEST = 20;
const CENTURY = 4_102_444_800;

type Watching = { viewer: Viewer; unacked: number; joins_at: number };

/**
 * A day of the real room, over the object's real storage, with the real agent's rhythm; time is a number. What stands for the platform
 * is what {@link Bill} counts, and sockets that count what they are sent and acknowledge it as the client does.
 */
export class RuncastDay {
  readonly #bill: Bill;
  readonly #room: Room;
  readonly #trainer = new Trainer();
  readonly #agent: SimulatedAgent;
  readonly #start: number;
  readonly #watching: Watching[] = [];
  #elapsed = 0;
  #alarmAt: number | null = null;
  #connected: AgentSocket | null = null;
  readonly #toRoom: string[] = [];
  readonly #toAgent: string[] = [];

  constructor(storage: DurableObjectStorage, bill: Bill, options: { start: number; viewers: number }) {
    this.#bill = bill;
    this.#start = options.start;
    const counted = countedStorage(storage, bill);
    const store = new RoomStore(counted);
    Room.create(store, "day", "Ada", options.start);
    this.#room = new Room({
      store,
      storage: counted,
      sentSeq: null,
      logger: () => undefined,
      clock: () => this.#now,
      effects: {
        newId: () => crypto.randomUUID().replaceAll("-", ""),
        identify: () => undefined,
        alarm: (at) => this.#setAlarm(at),
        // The list of runs is another object: a call, and a row of its own.
        listed: () => {
          bill.object_requests += 1;
          bill.rows_written += 1;
        },
      },
    });
    this.#agent = new SimulatedAgent(
      options.start,
      () => this.#connect(),
      (frame) => this.#toRoom.push(frame),
    );
    for (let i = 0; i < options.viewers; i++) {
      this.#watching.push({ viewer: this.#join(i), unacked: 0, joins_at: options.start + ((i + 1) * RELOAD_EVERY_MS) / options.viewers });
    }
  }

  get events(): number {
    return this.#agent.events;
  }

  /** Those and the room's own. */
  get stored(): number {
    return this.#room.core.log.lastOffset;
  }

  /** Lets time pass. @param ms a multiple of {@link STEP_MS} */
  pass(ms: number): void {
    for (const end = this.#elapsed + ms; this.#elapsed < end; this.#elapsed += STEP_MS) {
      const now = this.#now;
      if (this.#alarmAt !== null && now >= this.#alarmAt) {
        this.#alarmAt = null;
        this.#bill.object_requests += 1;
        this.#wake(() => this.#room.wake(now));
      }
      const { batch, samples } = this.#trainer.tick(this.#elapsed, now);
      this.#upload(samples);
      this.#agent.take(batch, samples, now);
      this.#agent.tick(now);
      this.#deliver();
      for (const watching of this.#watching) if (now >= watching.joins_at) this.#reload(watching);
    }
  }

  get #now(): number {
    return this.#start + this.#elapsed;
  }

  /** Something wakes the object. */
  #wake(work: () => void): void {
    const written = this.#bill.rows_written;
    this.#bill.handlers += 1;
    work();
    if (this.#bill.rows_written > written) this.#bill.writes += 1;
  }

  #message(work: () => void): void {
    this.#bill.messages_in += 1;
    this.#bill.object_requests += 1 / MESSAGES_A_REQUEST;
    this.#wake(work);
  }

  #upgrade(): void {
    this.#bill.worker_requests += 1;
    this.#bill.object_requests += 1;
  }

  #connect(): void {
    this.#upgrade();
    const agent = agentSocket(
      { ...this.#port(), send: (text) => this.#count(() => this.#toAgent.push(String(text))) },
      {
        kind: "agent",
        run: "day",
        sub: "agent",
        role: "agent",
        exp: CENTURY,
        client_id: "agent",
        connected_at: 1,
        life: null,
        sent_through: 0,
        sent_seq: 0,
        heard_at: 0,
        demand: null,
      },
      this.#now,
    );
    this.#room.agent.add(agent);
    this.#connected = agent;
    this.#agent.feed({ type: "opened" }, this.#now);
  }

  #deliver(): void {
    while (this.#toRoom.length > 0 || this.#toAgent.length > 0) {
      const frame = this.#toRoom.shift();
      const agent = this.#connected;
      if (frame !== undefined && agent) this.#message(() => this.#room.agent.receive(agent, frame, this.#now));
      const answer = this.#toAgent.shift();
      if (answer !== undefined) this.#agent.heard(answer, this.#now);
    }
    for (const watching of this.#watching) {
      if (watching.unacked < ACK_EVERY_BYTES) continue;
      watching.unacked = 0;
      const ack = JSON.stringify({ type: "ack", through: watching.viewer.through });
      this.#message(() => this.#room.viewers.receive(watching.viewer, ack, this.#now));
    }
  }

  #join(index: number): Viewer {
    this.#upgrade();
    const attachment: ViewerAttachment = {
      kind: "viewer",
      sub: `viewer ${index}`,
      role: "viewer",
      exp: CENTURY,
      client_id: `viewer-${index}`,
      mode: "batched",
      subscription: EVERYTHING,
      joined_at: 0,
      behind_at: null,
    };
    const send: SocketPort["send"] = (frame) =>
      this.#count(() => {
        const watching = this.#watching[index];
        if (watching) watching.unacked += String(frame).length;
      });
    const port = { ...this.#port(), send };
    let viewer: Viewer | undefined;
    this.#wake(() => {
      viewer = this.#room.viewers.join(port, attachment, { since: null, replay: 500 }, this.#now);
    });
    if (!viewer) throw new Error("a viewer did not join");
    return viewer;
  }

  #reload(watching: Watching): void {
    watching.joins_at += RELOAD_EVERY_MS;
    this.#wake(() => this.#room.viewers.leave(watching.viewer));
    watching.unacked = 0;
    watching.viewer = this.#join(this.#watching.indexOf(watching));
  }

  /** A picture and its thumbnail: each looked for and put; each viewer looks at the thumbnail once. */
  #upload(samples: readonly AnyEvent[]): void {
    const blobs = samples.length * 2;
    const looks = samples.length * this.#watching.length;
    this.#bill.worker_requests += blobs + looks;
    this.#bill.r2_writes += blobs;
    this.#bill.r2_reads += blobs + 2 * looks;
  }

  #count(deliver: () => void): true {
    this.#bill.frames_out += 1;
    deliver();
    return true;
  }

  #port(): SocketPort {
    return { send: () => true, close: () => undefined, buffered: () => null, remember: () => undefined };
  }

  /** As in RunRoom: each is a row written, so only an earlier wish replaces the one that stands. */
  #setAlarm(at: number): void {
    if (this.#alarmAt !== null && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    this.#bill.rows_written += 1;
  }
}
