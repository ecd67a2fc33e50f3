import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { RoomMessage } from "../../protocol/index.ts";

/** One connection as the room's end sees it; the test says what the room says. */
export class RoomSocket {
  readonly url: URL;
  readonly protocols: string[];
  readonly #socket: WebSocket;
  readonly #line: Duplex;
  readonly #arrived: unknown[] = [];
  #wake: (() => void) | null = null;

  constructor(socket: WebSocket, request: IncomingMessage, line: Duplex) {
    this.#line = line;
    this.url = new URL(request.url ?? "/", "ws://room");
    this.protocols = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((each) => each.trim());
    this.#socket = socket;
    socket.on("message", (data) => {
      this.#arrived.push(JSON.parse(String(data)));
      this.#wake?.();
    });
  }

  send(...messages: RoomMessage[]): void {
    for (const message of messages) this.#socket.send(JSON.stringify(message));
  }

  /** @returns the next message of the client; waits for it */
  async next(): Promise<unknown> {
    while (this.#arrived.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#arrived.shift();
  }

  close(code: number, reason = ""): void {
    this.#socket.close(code, reason);
  }

  /** Says goodbye and leaves the line open, as workerd does. */
  sayGoodbye(code: number): void {
    this.#socket.pause();
    this.#line.write(Buffer.from([0x88, 2, code >> 8, code & 0xff]));
  }

  /** Cut without a word, as a dead network cuts. */
  cut(): void {
    this.#socket.terminate();
  }
}

/** A real WebSocket server on loopback whose rooms say what the test tells them to. */
export class ScriptedRoom {
  readonly url: string;
  /** While set, upgrades and `GET /api/runs/:run` are refused with this. */
  refusal: { status: number; code: string } | null = null;
  /** How many there have been. */
  connections = 0;
  readonly asked: { path: string; authorization: string | undefined }[] = [];
  readonly #http: ReturnType<typeof createServer>;
  readonly #waiting: RoomSocket[] = [];
  #wake: (() => void) | null = null;

  private constructor(http: ReturnType<typeof createServer>) {
    this.#http = http;
    this.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  }

  static async start(): Promise<ScriptedRoom> {
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const room = new ScriptedRoom(http);
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
    http.on("request", (request, response) => room.#answer(request, response));
    http.on("upgrade", (request, socket, head) => {
      if (room.refusal) {
        socket.end(`HTTP/1.1 ${room.refusal.status} Refused\r\nConnection: close\r\n\r\n`);
        return;
      }
      sockets.handleUpgrade(request, socket, head, (opened) => {
        room.connections += 1;
        room.#waiting.push(new RoomSocket(opened, request, socket));
        room.#wake?.();
      });
    });
    return room;
  }

  /** @returns the next connection; waits for it */
  async connection(): Promise<RoomSocket> {
    for (;;) {
      const socket = this.#waiting.shift();
      if (socket) return socket;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async stop(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push({ path: request.url ?? "", authorization: request.headers.authorization });
    const { status, code } = this.refusal ?? { status: 200, code: "" };
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(this.refusal ? { error: { code, message: `refused: ${code}` } } : {}));
  }
}
