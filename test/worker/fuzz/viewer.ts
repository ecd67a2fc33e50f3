import type { ViewerMode } from "../../../worker/run/sockets.ts";
import { matcher } from "../../../worker/run/viewers/subscription.ts";
import type { Random } from "./random.ts";
import type { PeerEnd, Surroundings } from "./wire.ts";

type FromRoom = Record<string, unknown> & { type: string };
type Numbered = Record<string, unknown> & { type: string; offset: number };

/** From an offset on (without it), what the room was to send. */
type Filter = { after: number; names: readonly string[] };

/** A viewer that believes every word of the room, and keeps what it was given since the last welcome that was not `recovered`. */
export class Watcher {
  readonly name: string;
  readonly mode: ViewerMode;
  readonly #world: Surroundings;
  readonly #random: Random;
  wire: PeerEnd | null = null;
  /** Events by offset, in the order in which they came. */
  readonly held = new Map<number, string>();
  /** Where the present chain begins: up to there a replay is only the newest; after it nothing may be missing. */
  start = 0;
  /** It was told everything up to here; null before the first welcome. */
  position: { log_id: string; offset: number } | null = null;
  filters: Filter[] = [];
  names: readonly string[];
  /** Commands that the room has taken. */
  readonly taken: Set<string>;
  #since: { log_id: string; offset: number } | null = null;
  #welcomed = false;
  /** The newest offset that came as an event or as `through` since the last welcome that was not `recovered`. */
  #seen = 0;

  constructor(world: Surroundings, random: Random, name: string, mode: ViewerMode, names: readonly string[], taken: Set<string>) {
    this.#world = world;
    this.#random = random;
    this.name = name;
    this.mode = mode;
    this.names = names;
    this.taken = taken;
  }

  connect(): void {
    this.wire?.cutByPeer(this.#random.below(2));
    this.#since = this.position;
    this.#welcomed = false;
    const since = this.#since && `${this.#since.log_id}:${this.#since.offset}`;
    const replay = this.#random.chance(0.3) ? this.#random.below(4) : 500;
    this.wire = this.#world.connectViewer(this.mode, this.names, { since, replay });
  }

  acknowledge(): void {
    if (this.mode === "batched" && this.position) this.wire?.send({ type: "ack", through: this.position.offset });
  }

  subscribe(names: readonly string[]): void {
    this.wire?.send({ type: this.#random.chance(0.5) ? "subscribe" : "unsubscribe", events: names });
  }

  command(id: string): void {
    this.wire?.send({ type: "command", id, command: "backup" });
  }

  /** The first parcel that is on its way from the room arrives. */
  arrive(): void {
    const { wire } = this;
    const parcel = wire?.toPeer.shift();
    if (wire === null || parcel === undefined) return;
    this.#world.tell(this.name, parcel);
    if ("filter" in parcel) {
      this.names = parcel.filter;
      this.filters.push({ after: parcel.after, names: parcel.filter });
      return;
    }
    if ("closed" in parcel) {
      wire.cutByPeer(0);
      this.wire = null;
      return;
    }
    this.#read(JSON.parse(parcel.frame) as FromRoom);
  }

  /** Compares what it holds with the log. @param log every event by offset, up to `last` */
  check(log: ReadonlyMap<number, string>, last: number): void {
    if (this.position === null) return;
    const { offset } = this.position;
    if (offset > last) throw new Error(`${this.name} is at ${offset}, the log ends at ${last}`);
    const [first] = this.held.keys();
    for (let at = Math.min(first ?? offset, this.start) + 1; at <= offset; at++) {
      // What the replay left out.
      if (at <= this.start && at < (first ?? Number.POSITIVE_INFINITY)) continue;
      const json = log.get(at);
      if (json === undefined) continue;
      const wanted = this.#wants((JSON.parse(json) as Numbered).type, at);
      if (wanted && !this.held.has(at)) throw new Error(`${this.name} never got offset ${at}: ${json.slice(0, 200)}`);
    }
    for (const [at, text] of this.held) {
      const json = log.get(at);
      if (json !== undefined && json !== text)
        throw new Error(`${this.name} got at ${at} ${text.slice(0, 200)}, the log has ${json.slice(0, 200)}`);
    }
  }

  #wants(type: string, at: number): boolean {
    const filter = this.filters.findLast(({ after }) => after < at);
    return matcher(filter?.names ?? [])(type);
  }

  #read(message: FromRoom): void {
    if (!this.#welcomed && message.type !== "welcome") throw new Error(`${this.name} got a ${message.type} before its welcome`);
    switch (message.type) {
      case "welcome":
        this.#welcome(message as FromRoom & { log_id: string; last_offset: number; recovered: boolean });
        return;
      case "renumbered":
        this.#renumbered(message as FromRoom & { log_id: string; from: number });
        return;
      case "batch": {
        if (this.mode !== "batched") throw new Error(`${this.name} got a batch in plain mode`);
        for (const event of message.events as Numbered[]) this.#event(event);
        this.#reached(message.through as number);
        return;
      }
      case "subscribed":
      case "unsubscribed":
      case "pong":
      case "command_ack":
        if (message.type === "command_ack") this.taken.add(message.id as string);
        return;
      case "error":
        throw new Error(`${this.name} was told ${JSON.stringify(message)}`);
      default:
        if (this.mode !== "plain") throw new Error(`${this.name} got a bare event`);
        this.#event(message as Numbered);
        this.#reached((message as Numbered).offset);
    }
  }

  #welcome({ log_id, last_offset, recovered }: { log_id: string; last_offset: number; recovered: boolean }): void {
    if (recovered) {
      const since = this.#since;
      if (this.#welcomed || since === null) throw new Error(`${this.name} was called recovered without a position`);
      this.position = { log_id, offset: since.offset };
      this.#seen = since.offset;
      this.filters = [...this.filters.filter(({ after }) => after < since.offset), { after: since.offset, names: this.names }];
    } else {
      this.held.clear();
      this.start = last_offset;
      this.position = { log_id, offset: last_offset };
      this.#seen = 0;
      this.filters = [{ after: 0, names: this.names }];
    }
    this.#welcomed = true;
  }

  #renumbered({ log_id, from }: { log_id: string; from: number }): void {
    if (this.position === null) return;
    if (this.position.offset >= from)
      throw new Error(`${this.name} is at ${this.position.offset} and was told of a new numbering from ${from}`);
    this.position = { ...this.position, log_id };
  }

  #event(event: Numbered): void {
    if (event.offset <= this.#seen) throw new Error(`${this.name} got offset ${event.offset} after ${this.#seen}`);
    this.#seen = event.offset;
    if (!this.#wants(event.type, event.offset)) throw new Error(`${this.name} got a ${event.type} that it did not want`);
    this.held.set(event.offset, JSON.stringify(event));
  }

  #reached(through: number): void {
    if (through < this.#seen) throw new Error(`${this.name} got an event at ${this.#seen} and through ${through}`);
    if (this.mode === "batched" && through === this.#seen && through === this.position?.offset && this.start !== through) {
      throw new Error(`${this.name} got a batch that says nothing new`);
    }
    this.#seen = through;
    if (this.position) this.position = { ...this.position, offset: through };
  }
}
