import type { Parcel, PeerEnd } from "./wire.ts";

/** A peer's end of a real connection: what comes is kept until the peer takes it. */
export class LiveWire implements PeerEnd {
  readonly toPeer: Parcel[] = [];
  openAtPeer = true;
  readonly #opening: Promise<WebSocket>;
  #asked = 0;
  readonly #waiting = new Map<number, () => void>();
  #over = false;

  /** @param opening the socket, not accepted yet */
  constructor(opening: Promise<WebSocket>) {
    this.#opening = opening.then((socket) => {
      socket.addEventListener("message", ({ data }) => this.#heard(String(data)));
      socket.addEventListener("close", ({ code }) => this.#ended(code));
      socket.accept();
      return socket;
    });
    this.#opening.catch(() => this.#ended(1006));
  }

  send(message: unknown): void {
    if (!this.openAtPeer) return;
    const text = JSON.stringify(message);
    void this.#opening.then((socket) => this.#over || socket.send(text)).catch(() => this.#ended(1006));
  }

  cutByPeer(): void {
    if (!this.openAtPeer) return;
    this.openAtPeer = false;
    this.toPeer.length = 0;
    void this.#opening.then((socket) => this.#over || socket.close(1000, "cut")).catch(() => undefined);
  }

  /** Waits until the room has read everything that was sent to it, and its answers are here; or until the connection is over. */
  async caughtUp(): Promise<void> {
    await this.opened();
    if (this.#over || !this.openAtPeer) return;
    this.#asked += 1;
    const asked = this.#asked;
    const answered = new Promise<void>((resolve) => this.#waiting.set(asked, resolve));
    this.send({ type: "ping", timestamp: asked });
    await answered;
  }

  /** Waits until it is open, or was refused. */
  async opened(): Promise<void> {
    await this.#opening.catch(() => undefined);
  }

  /** Waits for the end that somebody else has brought about. */
  async over(): Promise<void> {
    await this.opened();
    if (!this.#over) await new Promise<void>((resolve) => this.#waiting.set(0, resolve));
  }

  #heard(frame: string): void {
    if (frame.includes('"type":"pong"')) {
      const { client_timestamp } = JSON.parse(frame) as { client_timestamp: number };
      this.#waiting.get(client_timestamp)?.();
      this.#waiting.delete(client_timestamp);
    } else if (this.openAtPeer) {
      this.toPeer.push({ frame });
    }
  }

  #ended(code: number): void {
    if (this.#over) return;
    this.#over = true;
    if (this.openAtPeer) this.toPeer.push({ closed: code });
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }
}
