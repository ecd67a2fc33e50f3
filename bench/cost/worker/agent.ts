import type { Batch } from "../../../agent/session/digest.ts";
import { createDigest, type Digest } from "../../../agent/session/digest.ts";
import { newProducer, step, wakeAt } from "../../../agent/uplink/producer.ts";
import type { Input, Producer } from "../../../agent/uplink/producer-types.ts";
import type { AnyEvent, RoomToAgent } from "../../../protocol/index.ts";

const LIFE = "a-day";

/** The real agent's two machines, what becomes an event and when a batch goes out, over a spool that is a list. */
export class SimulatedAgent {
  readonly #digest: Digest;
  readonly #send: (frame: string) => void;
  readonly #connect: () => void;
  #producer: Producer;
  /** Events that are not acknowledged, as JSON; the first has the seq `acked + 1`. */
  #spool: string[] = [];
  #acked = 0;
  #sent = 0;
  /** Everything that was ever made. */
  events: number = 0;

  constructor(at: number, connect: () => void, send: (frame: string) => void) {
    this.#digest = createDigest({ runInfo: { name: "a day", trainer: "onetrainer" }, at }, true);
    this.#producer = newProducer(this.#figures(), false, at);
    this.#connect = connect;
    this.#send = send;
  }

  take(batch: Batch, uploaded: readonly AnyEvent[], at: number): void {
    const { events } = this.#digest.take(batch, { wall: at, monotonic: at });
    for (const event of [...events, ...uploaded]) this.#spool.push(JSON.stringify(event));
    this.events += events.length + uploaded.length;
    this.feed({ type: "figures", ...this.#figures() }, at);
  }

  /** The time has come for whatever the machine waits for. */
  tick(at: number): void {
    const due = wakeAt(this.#producer);
    if (due !== null && due <= at) this.feed({ type: "tick" }, at);
  }

  heard(text: string, at: number): void {
    this.feed({ type: "message", message: JSON.parse(text) as RoomToAgent }, at);
  }

  feed(first: Input, at: number): void {
    const inputs = [first];
    for (let input = inputs.shift(); input; input = inputs.shift()) {
      const next = step(this.#producer, input, at);
      this.#producer = next.producer;
      for (const effect of next.effects) {
        switch (effect.type) {
          case "connect":
            this.#connect();
            break;
          case "hello":
            this.#send(
              JSON.stringify({
                type: "hello",
                protocol: 1,
                life: LIFE,
                next_seq: this.#acked + 1,
                sent_seq: this.#sent,
                agent: { name: "bench", version: "0" },
                run_info: this.#digest.runInfo(),
              }),
            );
            break;
          case "batch":
            inputs.push(this.#batch(effect));
            break;
          case "acknowledged":
            this.#spool.splice(0, effect.seq - this.#acked);
            this.#acked = effect.seq;
            inputs.push({ type: "figures", ...this.#figures() });
            break;
          case "ping":
            this.#send(JSON.stringify({ type: "ping", timestamp: at }));
            break;
          case "live":
          case "command":
            break;
          case "say":
          case "drop":
          case "skip_to":
          case "begin_life":
          case "replace":
            throw new Error(`not expected in a day without faults: ${JSON.stringify(effect)}`);
        }
      }
    }
  }

  #batch(effect: { from: number; bytes: number; events: number; flush: boolean }): Input {
    const bodies: string[] = [];
    let bytes = 0;
    for (let i = effect.from - this.#acked - 1; i < this.#spool.length && bodies.length < effect.events; i++) {
      const body = this.#spool[i] ?? "";
      if (bodies.length > 0 && bytes + body.length > effect.bytes) break;
      bodies.push(body);
      bytes += body.length;
    }
    if (bodies.length === 0) return { type: "sent", batch: null, ...this.#figures() };
    const last = effect.from + bodies.length - 1;
    this.#sent = Math.max(this.#sent, last);
    this.#send(`{"type":"batch","first_seq":${effect.from}${effect.flush ? ',"flush":true' : ""},"events":[${bodies.join(",")}]}`);
    return { type: "sent", batch: { last, bytes, flush: effect.flush }, ...this.#figures() };
  }

  #figures() {
    return { life: LIFE, acked: this.#acked, sent: this.#sent, waiting: this.#spool.length - (this.#sent - this.#acked) };
  }
}
