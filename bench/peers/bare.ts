import { DurableObject } from "cloudflare:workers";

/**
 * The least that a Durable Object can do and still be a log with viewers: it hibernates, passes each frame of the producer on to
 * every viewer as it is, stores it as one row, and acknowledges. No positions, no filters, no tokens.
 */
export class Bare extends DurableObject {
  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS frames (id INTEGER PRIMARY KEY, frame TEXT NOT NULL)");
  }

  override fetch(request: Request): Response {
    const pair = new WebSocketPair();
    this.ctx.acceptWebSocket(pair[1], [new URL(request.url).pathname.endsWith("/producer") ? "producer" : "viewer"]);
    return new Response(null, { status: 101, webSocket: pair[0] });
  }

  override webSocketMessage(producer: WebSocket, frame: string): void {
    for (const viewer of this.ctx.getWebSockets("viewer")) viewer.send(frame);
    this.ctx.storage.sql.exec("INSERT INTO frames (frame) VALUES (?)", frame);
    producer.send("stored");
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close(1000);
  }
}
