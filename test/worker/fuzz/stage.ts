import { runDurableObjectAlarm, runInDurableObject, SELF } from "cloudflare:test";
import type { CommandRecord } from "../../../protocol/index.ts";
import type { ReplayWish } from "../../../worker/run/log/replay.ts";
import type { ViewerMode } from "../../../worker/run/sockets.ts";
import { RoomStore } from "../../../worker/run/storage/store.ts";
import { evict, newRun, room } from "../support/rooms.ts";
import { token } from "../support/tokens.ts";
import { compare } from "./compare.ts";
import { LiveWire } from "./live-wire.ts";
import { Producer } from "./producer.ts";
import { random } from "./random.ts";
import { Watcher } from "./viewer.ts";
import type { Parcel, Surroundings } from "./wire.ts";

/** A real object with real sockets, and everybody who takes part: they behave as real clients do. */
export class Stage implements Surroundings {
  readonly run = newRun();
  readonly diary: string[] = [];
  readonly producer: Producer;
  readonly viewers: Watcher[] = [];
  readonly taken = new Set<string>();
  readonly #seed: number;
  #open: LiveWire[] = [];
  #created: Promise<void> | null = null;

  constructor(seed: number) {
    this.#seed = seed;
    this.producer = new Producer(this, random(seed));
  }

  get now(): number {
    return Date.now();
  }

  /** Whatever is stored is looked at in the end. */
  storedSeq(): number {
    return Number.POSITIVE_INFINITY;
  }

  tell(at: string, parcel: Parcel): void {
    this.diary.push(`    to ${at}: ${("frame" in parcel ? parcel.frame : JSON.stringify(parcel)).slice(0, 400)}`);
  }

  connectAgent(): LiveWire {
    const wire = this.#connect(upgrade(`/runs/${this.run}/agent`, "agent"));
    // A run comes into being with its first hello: a viewer that comes earlier would be refused.
    this.#created ??= wire.caughtUp();
    return wire;
  }

  connectViewer(mode: ViewerMode, subscription: readonly string[], { since, replay }: ReplayWish): LiveWire {
    const query = new URLSearchParams({ events: subscription.join(","), replay: String(replay), ...(since === null ? {} : { since }) });
    const path = `/runs/${this.run}/ws?${query}`;
    return this.#connect(
      (this.#created ?? Promise.resolve()).then(() => upgrade(path, "operator", mode === "batched" ? ["runcast.v1.json"] : [])),
    );
  }

  /** A viewer that is here from now on. */
  viewer(name: string, mode: ViewerMode, subscription: readonly string[]): Watcher {
    const watcher = new Watcher(this, random(this.#seed + this.viewers.length), name, mode, subscription, this.taken);
    this.viewers.push(watcher);
    watcher.connect();
    return watcher;
  }

  /** Waits until the room has read all that was sent to it, and everybody has read all that it sent. Who was cut off comes back. */
  async rest(): Promise<void> {
    for (const peer of [this.producer, ...this.viewers]) {
      for (let arrived = true; arrived; ) {
        if (peer.wire instanceof LiveWire) await peer.wire.caughtUp();
        arrived = false;
        while (peer.wire && peer.wire.toPeer.length > 0) {
          peer.arrive();
          arrived = true;
        }
        if (peer.wire === null && this.#created !== null) {
          peer.connect();
          arrived = true;
        }
      }
    }
  }

  /** Waits until everybody is here and all that the agent has is stored. */
  async drain(): Promise<void> {
    for (const peer of [this.producer, ...this.viewers]) if (!peer.wire?.openAtPeer) peer.connect();
    await this.rest();
    while (this.producer.waiting > 0) {
      this.producer.send(50, true);
      await this.rest();
    }
  }

  async evict(webSockets: "hibernate" | "close"): Promise<void> {
    const open = this.#open.filter((wire) => wire.openAtPeer);
    await Promise.all(open.map((wire) => wire.opened()));
    // What is not in memory cannot be taken out of it.
    await this.lastOffset();
    await evict(this.run, webSockets);
    if (webSockets === "close") await Promise.all(open.map((wire) => wire.over()));
    this.#open = webSockets === "close" ? [] : open;
  }

  async alarm(): Promise<void> {
    await runDurableObjectAlarm(room(this.run));
  }

  async command(id: string): Promise<void> {
    const answer = await room(this.run).command({ id, command: "backup" }, "somebody");
    if (answer.ok) this.taken.add(id);
  }

  async lastOffset(): Promise<number> {
    return (JSON.parse((await room(this.run).detail()) ?? "{}") as { last_offset: number }).last_offset;
  }

  /** Everybody comes back and everything is sent, stored and read; then what each has is compared. */
  async end(): Promise<void> {
    const { producer, viewers, taken } = this;
    producer.produce(1, false);
    await this.drain();
    // Nobody waits here until they expire: what was lost on the way to the agent is answered too.
    for (const { id } of await this.#records()) producer.wire?.send({ type: "command_update", id, state: "applied", global_step: 1 });
    await this.rest();
    await this.rest();
    for (const viewer of viewers) viewer.acknowledge();
    await this.rest();
    const last = await this.lastOffset();
    // What is compared is what somebody finds who knows nothing but the storage.
    await evict(this.run, "hibernate");
    const log = await runInDurableObject(room(this.run), (_, { storage }) => {
      const store = new RoomStore(storage);
      return new Map([...store.chunks.after(0)].map((line) => [line.offset, line.json]));
    });
    const records = await this.#records();
    const watching = viewers.filter((viewer) => viewer.wire?.openAtPeer).length;
    if (log.size !== last) throw new Error(`the log has ${log.size} events up to ${last}`);
    compare({ log, last, records, watching }, { producer, viewers, taken });
  }

  async #records(): Promise<CommandRecord[]> {
    return JSON.parse((await room(this.run).commands()) ?? "[]") as CommandRecord[];
  }

  #connect(opening: Promise<WebSocket>): LiveWire {
    const wire = new LiveWire(opening);
    this.#open.push(wire);
    return wire;
  }
}

async function upgrade(path: string, role: "agent" | "operator", protocols: readonly string[] = []): Promise<WebSocket> {
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": [...protocols, `bearer.${await token({ role })}`].join(", ") };
  const response = await SELF.fetch(`https://relay.test${path}`, { headers });
  if (!response.webSocket) throw new Error(`refused: ${response.status} ${await response.text()}`);
  return response.webSocket;
}
