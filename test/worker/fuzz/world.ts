import type { CommandRequest } from "../../../protocol/index.ts";
import type { ReplayWish } from "../../../worker/run/log/replay.ts";
import { RunLog } from "../../../worker/run/log/run-log.ts";
import { agentSocket } from "../../../worker/run/producer/agent-desk.ts";
import { Room } from "../../../worker/run/room.ts";
import type { ViewerMode } from "../../../worker/run/sockets.ts";
import type { StoragePort } from "../../../worker/run/storage/sql-port.ts";
import { RoomStore } from "../../../worker/run/storage/store.ts";
import { type Peer, wakeRoom } from "../../../worker/run/wake.ts";
import { Disk } from "./disk.ts";
import { type Parcel, type Surroundings, Wire } from "./wire.ts";

const IDENTITY = { sub: "tester", exp: 1e12 } as const;

/** What the platform is to a room, with a clock and a disk of the test's: it does what `RunRoom` does. */
export class World implements Surroundings {
  readonly disk: Disk;
  /** Milliseconds since 1970. */
  now = Date.UTC(2026, 10, 1);
  alarmAt: number | null = null;
  /** Every connection whose room end is open. */
  wires: Wire[] = [];
  /** What happened, in words, for whoever has to understand a failure. */
  readonly diary: string[] = [];
  /** Events as they were stored, by offset: a stored one never changes, also when it was trimmed since. */
  readonly stored = new Map<number, string>();
  readonly #storage: StoragePort;
  #room: Room | null = null;
  #peers = new Map<Wire, Peer>();
  #made = 0;

  constructor(storage: StoragePort) {
    this.#storage = storage;
    this.disk = new Disk(storage);
    Room.create(new RoomStore(this.disk), "fuzz", "Ada", this.now);
  }

  /** The room, woken where it is away. */
  get room(): Room {
    this.#room ??= this.#wake();
    return this.#room;
  }

  connectAgent(): Wire {
    const wire = this.#connect();
    const attachment = {
      ...IDENTITY,
      kind: "agent",
      role: "agent",
      run: "fuzz",
      client_id: this.#newId(),
      connected_at: this.now,
      life: null,
      sent_through: 0,
      sent_seq: 0,
      heard_at: 0,
      demand: null,
    } as const;
    wire.port.remember(attachment);
    const agent = agentSocket(wire.port, attachment, this.now);
    this.#peers.set(wire, { kind: "agent", agent });
    this.room.agent.add(agent);
    return wire;
  }

  connectViewer(mode: ViewerMode, subscription: readonly string[], wish: ReplayWish): Wire {
    const wire = this.#connect();
    const attachment = { ...IDENTITY, kind: "viewer", role: "operator", client_id: this.#newId(), mode, subscription } as const;
    const viewer = this.room.viewers.join(wire.port, { ...attachment, joined_at: 0, behind_at: null }, wish, this.now);
    this.#peers.set(wire, { kind: "viewer", viewer });
    return wire;
  }

  /** The first parcel that is on its way to the room arrives. */
  arrive(wire: Wire): void {
    const parcel = wire.toRoom.shift();
    if (parcel === undefined || "filter" in parcel) return;
    this.tell("the room", parcel);
    const { room } = this;
    if ("closed" in parcel) {
      wire.openAtRoom = false;
      // Where the end of a connection cannot be stored, what was waiting is lost; that it ended is not.
      if (!this.#careful(() => this.#remove(wire), wire)) this.#remove(wire);
      this.wires = this.wires.filter((other) => other !== wire);
      return;
    }
    const peer = this.#peers.get(wire);
    if (peer === undefined) return;
    this.#careful(() => {
      if (peer.kind === "agent") {
        room.agent.receive(peer.agent, parcel.frame, this.now);
        return;
      }
      const before = peer.viewer.attachment.subscription;
      room.viewers.receive(peer.viewer, parcel.frame, this.now);
      const { subscription } = peer.viewer.attachment;
      if (subscription !== before && wire.openAtPeer) wire.toPeer.push({ filter: subscription, after: peer.viewer.through });
    }, wire);
  }

  /** Writes down what has arrived. */
  tell(at: string, parcel: Parcel): void {
    const text = "frame" in parcel ? parcel.frame : JSON.stringify(parcel);
    this.diary.push(`    to ${at}: ${text.length > 400 ? `${text.slice(0, 300)} … ${text.slice(-100)}` : text}`);
  }

  /** A command over HTTP. @returns whether it was answered */
  command(request: CommandRequest): boolean {
    return this.#careful(() => void this.room.commands.request(request, "somebody", this.now));
  }

  /** Time passes; the alarm rings where it is due. */
  pass(ms: number): void {
    this.now += ms;
    if (this.alarmAt === null || this.now < this.alarmAt) return;
    this.alarmAt = null;
    // The platform tries again when an alarm fails.
    if (!this.#careful(() => this.room.wake(this.now))) this.alarmAt = this.now;
  }

  /** The object goes, its sockets hibernate. */
  hibernate(): void {
    this.#room = null;
    this.#peers.clear();
  }

  /** The object goes, and its sockets with it. @param arriving how many frames still reach each peer */
  crash(arriving: () => number): void {
    this.hibernate();
    for (const wire of this.wires) wire.cutByRoom(arriving());
    this.wires = [];
  }

  /** What somebody who opens the storage now finds: the newest seq of a life. */
  storedSeq(life: string): number {
    const store = new RoomStore(this.#storage);
    store.open();
    const log = new RunLog(store);
    return log.life === life ? log.lastSeq : Number.POSITIVE_INFINITY;
  }

  /** Looks at what is stored, before it may be trimmed. */
  look(): void {
    const store = new RoomStore(this.#storage);
    let expected: number | null = null;
    for (const line of store.chunks.after(0)) {
      if (expected !== null && line.offset !== expected) throw new Error(`a hole in the log: ${expected} is missing before ${line.offset}`);
      expected = line.offset + 1;
      const known = this.stored.get(line.offset);
      if (known !== undefined && known !== line.json)
        throw new Error(`offset ${line.offset} was stored as ${known} and is now ${line.json}`);
      this.stored.set(line.offset, line.json);
    }
  }

  #remove(wire: Wire): void {
    const peer = this.#peers.get(wire);
    this.#peers.delete(wire);
    if (peer?.kind === "viewer") this.room.viewers.leave(peer.viewer);
    else if (peer) this.room.agent.remove(peer.agent, false, this.now);
  }

  #connect(): Wire {
    const wire = new Wire();
    this.wires.push(wire);
    return wire;
  }

  /** @returns whether it went well: where storage fails, the room starts again from what is stored, and the socket is closed */
  #careful(work: () => void, wire: Wire | null = null): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("the disk"))) throw error;
      this.diary.push(`    ${error.message}`);
      this.disk.repair();
      this.hibernate();
      this.#room = this.#wake(wire);
      if (wire?.openAtRoom) {
        this.#remove(wire);
        wire.port.close(1011, "the relay failed: connect again");
      }
      return false;
    }
  }

  #wake(ending: Wire | null = null): Room {
    const store = new RoomStore(this.disk);
    store.open();
    const effects = {
      alarm: (at: number) => {
        if (this.alarmAt === null || at < this.alarmAt) this.alarmAt = at;
      },
      listed: () => undefined,
      newId: () => this.#newId(),
      identify: () => undefined,
    };
    const parts = { store, storage: this.disk, effects, logger: () => undefined, clock: () => this.now };
    const sleepers = this.wires
      .filter((wire) => wire.openAtRoom || wire === ending)
      .map((wire) => ({ socket: wire, port: wire.port, attachment: wire.attachment }));
    const { room, peers } = wakeRoom(parts, sleepers, this.now);
    this.#peers = peers;
    return room;
  }

  #newId(): string {
    this.#made += 1;
    return `id${this.#made}`;
  }
}
