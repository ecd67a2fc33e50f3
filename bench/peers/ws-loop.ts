/** A peer: a process that passes each frame on to every other connection with the `ws` package. Stores nothing, checks nobody. */
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.on("message", (frame) => {
    const text = String(frame);
    for (const other of server.clients) if (other !== socket) other.send(text);
  });
});
server.on("listening", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit(0));
