import { createHash } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";
import { type AnyEvent, type BlobStored, type CommandState, type RoomToAgent, roomToAgent } from "../../protocol/index.ts";

type Command = Extract<RoomToAgent, { type: "command" }>;

/**
 * A producer that says exactly what a test wants it to say, to a real relay, over the producer protocol (PR1): for states that a
 * recording does not have.
 */
export class Producer {
  readonly #socket: WebSocket;
  readonly #options: { url: string; run: string; token: string };
  readonly #commands: Command[] = [];
  #wake: (() => void) | null = null;
  #seq = 0;

  private constructor(socket: WebSocket, options: { url: string; run: string; token: string }) {
    this.#socket = socket;
    this.#options = options;
    socket.on("message", (data) => {
      const message = roomToAgent.parse(JSON.parse(String(data)));
      if (message.type !== "command") return;
      this.#commands.push(message);
      this.#wake?.();
    });
  }

  /** @param options life: another one where the run has had a producer before */
  static async connect(options: {
    url: string;
    run: string;
    token: string;
    runInfo?: Record<string, unknown>;
    life?: string;
  }): Promise<Producer> {
    const { url, run, token, runInfo, life = "first" } = options;
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/runs/${run}/agent`, { headers: { authorization: `Bearer ${token}` } });
    await once(socket, "open");
    const ready = once(socket, "message");
    const agent = { name: "test producer", version: "1" };
    socket.send(JSON.stringify({ type: "hello", protocol: 1, life, next_seq: 1, sent_seq: 0, agent, run_info: runInfo ?? null }));
    await ready;
    return new Producer(socket, options);
  }

  /** Sends events, stamped with the present time where they have none. Resolves when they are stored. */
  async send(...events: AnyEvent[]): Promise<void> {
    const first_seq = this.#seq + 1;
    this.#seq += events.length;
    const timestamp = new Date().toISOString();
    const stored = this.#acknowledged(this.#seq);
    this.#socket.send(JSON.stringify({ type: "batch", first_seq, flush: true, events: events.map((event) => ({ timestamp, ...event })) }));
    await stored;
  }

  /** @returns where the relay serves the picture */
  async upload(content: Uint8Array<ArrayBuffer>, mediaType: string): Promise<string> {
    const { url, run, token } = this.#options;
    const sha256 = createHash("sha256").update(content).digest("hex");
    const answer = await fetch(`${url}/api/runs/${run}/blobs/${sha256}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${token}`, "content-type": mediaType },
      body: content,
    });
    if (!answer.ok) throw new Error(`upload refused: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as BlobStored).path;
  }

  /** @returns the next command that the room hands over; waits for it */
  async command(): Promise<Command> {
    for (;;) {
      const command = this.#commands.shift();
      if (command) return command;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  update(update: { id: string; state: CommandState; global_step?: number }): void {
    this.#socket.send(JSON.stringify({ type: "command_update", ...update }));
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, "close");
    this.#socket.close(1000);
    await closed;
  }

  #acknowledged(seq: number): Promise<void> {
    return new Promise((resolve) => {
      const listen = (data: unknown) => {
        const message = JSON.parse(String(data)) as { type: string; seq?: number };
        if (message.type !== "ack" || (message.seq ?? 0) < seq) return;
        this.#socket.off("message", listen);
        resolve();
      };
      this.#socket.on("message", listen);
    });
  }
}
