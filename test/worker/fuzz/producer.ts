import type { AnyEvent, Demand } from "../../../protocol/index.ts";
import type { Random } from "./random.ts";
import type { PeerEnd, Surroundings } from "./wire.ts";

type FromRoom = Record<string, unknown> & { type: string };

/** The agent as its spool makes it: keeps each event until it is acknowledged, sends again after a cut, numbers anew where it has to. */
export class Producer {
  readonly #world: Surroundings;
  readonly #random: Random;
  wire: PeerEnd | null = null;
  life = "life1";
  demand: Demand | null = null;
  /** Events of the present life: seq 1 is the first. */
  events: AnyEvent[] = [];
  acked = 0;
  sent = 0;
  /** The seq to be sent next; null before `ready`. */
  cursor: number | null = null;
  /** Commands that came and were not answered. */
  commands: string[] = [];
  /** Names of events whose ack came: these are in the log for good. */
  readonly durable = new Set<string>();
  #lives = 1;
  /** The room has answered a hello of the present life. */
  #greeted = false;
  #lastAck = 0;

  constructor(world: Surroundings, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  get waiting(): number {
    return this.events.length - this.acked;
  }

  produce(count: number, large: boolean): void {
    for (let i = 0; i < count; i++) this.events.push(this.#event(large));
  }

  /** @param heard whether the room hears of the earlier connection's end before anything else happens on it */
  connect(): void {
    this.wire?.cutByPeer(this.#random.below(3));
    this.wire = this.#world.connectAgent();
    this.cursor = null;
    this.#lastAck = 0;
    this.wire.send({
      type: "hello",
      protocol: 1,
      life: this.life,
      next_seq: this.acked + 1,
      sent_seq: this.sent,
      agent: { name: "fuzz", version: "0" },
      ...(this.#random.chance(0.2) ? { run_info: { name: `name ${this.#random.below(9)}` } } : {}),
    });
  }

  /**
   * The spool is lost: what was not acknowledged is gone, and numbering begins anew. Not before the room knows the life: a hello that was
   * on its way for long, of a life that nobody has heard of, is another agent's to the room, and takes over.
   */
  loseSpool(): void {
    if (this.#greeted) this.#beginLife();
    else this.connect();
  }

  #beginLife(): void {
    this.#greeted = false;
    this.#lives += 1;
    this.life = `life${this.#lives}`;
    this.events = [];
    this.acked = 0;
    this.sent = 0;
    this.connect();
  }

  /** Sends what is next; with nothing left and something not acknowledged, the last event again, to have it stored. */
  send(most: number, flush: boolean): void {
    if (this.cursor === null || this.wire === null) return;
    if (this.cursor > this.events.length && flush && this.waiting > 0) this.cursor = this.events.length;
    const events = this.events.slice(this.cursor - 1, this.cursor - 1 + most);
    if (events.length === 0) return;
    this.wire.send({ type: "batch", first_seq: this.cursor, events, flush });
    this.cursor += events.length;
    this.sent = Math.max(this.sent, this.cursor - 1);
  }

  /** Sends one event out of turn. @param distance from what is next: below 0 it was sent before */
  sendFrom(distance: number, flush: boolean): void {
    const seq = (this.cursor ?? 0) + distance;
    const event = this.events[seq - 1];
    if (this.cursor === null || event === undefined) return;
    this.wire?.send({ type: "batch", first_seq: seq, events: [event], flush });
    this.sent = Math.max(this.sent, seq);
  }

  /** Something happens and is sent at once. */
  say(count: number, flush: boolean): void {
    this.produce(count, false);
    this.send(count, flush);
  }

  answerCommand(state: "applied" | "failed"): void {
    const id = this.#random.pick(this.commands);
    if (id === undefined || this.wire === null || this.cursor === null) return;
    // Now and then it is said twice.
    if (this.#random.chance(0.8)) this.commands = this.commands.filter((other) => other !== id);
    this.wire.send({ type: "command_update", id, state, global_step: 1, error: null });
  }

  /** The first parcel that is on its way from the room arrives. */
  arrive(): void {
    const { wire } = this;
    const parcel = wire?.toPeer.shift();
    if (wire === null || parcel === undefined || "filter" in parcel) return;
    this.#world.tell("the agent", parcel);
    if ("closed" in parcel) {
      wire.cutByPeer(0);
      this.wire = null;
      this.cursor = null;
      // A real one would stop for good; only a later connection may bring that about.
      if (parcel.closed === 4105) throw new Error("the producer's newest connection was superseded");
      if (parcel.closed === 4106) this.#beginLife();
      return;
    }
    const message = JSON.parse(parcel.frame) as FromRoom;
    switch (message.type) {
      case "ready":
        if (this.cursor !== null) throw new Error("ready came twice");
        this.#greeted = true;
        this.#acknowledged(message.last_seq as number);
        this.cursor = this.acked + 1;
        this.demand = message.demand as Demand;
        return;
      case "ack":
        this.#acknowledged(message.seq as number);
        return;
      case "demand":
        this.demand = message as unknown as Demand;
        return;
      case "pong":
        return;
      case "command":
        this.commands.push(message.id as string);
        return;
      case "error":
        if (message.code === "stale_life") return;
        if (message.code !== "sequence_gap") throw new Error(`the producer was told ${parcel.frame}`);
        this.cursor = message.expected as number;
        if (this.cursor > this.sent + 1) throw new Error(`the room expects ${this.cursor}, sent was up to ${this.sent}`);
        return;
      default:
        throw new Error(`the producer was told ${parcel.frame}`);
    }
  }

  #acknowledged(seq: number): void {
    if (seq < this.#lastAck || seq < this.acked) throw new Error(`an ack went back from ${Math.max(this.#lastAck, this.acked)} to ${seq}`);
    if (seq > this.sent) throw new Error(`seq ${seq} was acknowledged, sent was up to ${this.sent}`);
    const stored = this.#world.storedSeq(this.life);
    if (stored < seq) throw new Error(`seq ${seq} was acknowledged, stored is up to ${stored}`);
    this.#lastAck = seq;
    for (let i = this.acked; i < seq; i++) this.durable.add(this.events[i]?.name as string);
    this.acked = seq;
  }

  #event(large: boolean): AnyEvent {
    const name = `${this.life}:${this.events.length + 1}`;
    const timestamp = new Date(this.#world.now).toISOString();
    const filling = large ? { filling: "x".repeat(150_000 + this.#random.below(300_000)) } : {};
    switch (this.#random.below(5)) {
      case 0:
        return { type: "training_progress", timestamp, name, global_step: this.events.length };
      case 1:
        return { type: "training_status", timestamp, name, status: "running", message: name };
      case 2:
        return { type: "sample_generated", timestamp, name, sample_id: name.replace(":", "-") };
      case 3:
        return { type: "unheard_of", timestamp, name, ...filling };
      default:
        return { type: "log", timestamp, name, level: "info", message: "é".repeat(this.#random.below(20)), ...filling };
    }
  }
}
