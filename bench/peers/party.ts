import { type Connection, Server } from "partyserver";

/** partyserver as its users write it: what one sends, everybody else gets. Hibernates; stores nothing. */
export class Party extends Server {
  static override options = { hibernate: true };

  override onMessage(sender: Connection, message: string): void {
    this.broadcast(message, [sender.id]);
  }
}
