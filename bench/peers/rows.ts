import { DurableObject } from "cloudflare:workers";

type Message = { type: string; events?: unknown[] };

/** A log as one writes it first: a row an event, whether events come alone or in batches. Each message is acknowledged. */
export class Rows extends DurableObject {
  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, event TEXT NOT NULL)");
  }

  override fetch(): Response {
    const pair = new WebSocketPair();
    this.ctx.acceptWebSocket(pair[1]);
    return new Response(null, { status: 101, webSocket: pair[0] });
  }

  override webSocketMessage(producer: WebSocket, frame: string): void {
    const message = JSON.parse(frame) as Message;
    for (const event of message.type === "batch" ? (message.events ?? []) : [message]) {
      this.ctx.storage.sql.exec("INSERT INTO events (event) VALUES (?)", JSON.stringify(event));
    }
    producer.send("stored");
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close(1000);
  }
}
