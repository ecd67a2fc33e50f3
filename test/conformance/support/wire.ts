import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/**
 * A line to a relay, over a port of this machine. `cut`: what is open is reset, and nobody answers any more. `silent`: connections are
 * taken and never answered, as behind a firewall that drops. `whole`: it works.
 */
export type Wire = {
  readonly url: string;
  set(state: "whole" | "cut" | "silent"): void;
  /** How many connections were asked for so far. */
  readonly asked: number;
  close(): Promise<void>;
};

/** @param relay an http address */
export async function openWire(relay: string): Promise<Wire> {
  const { hostname, port } = new URL(relay);
  const open = new Set<Socket>();
  let state: "whole" | "cut" | "silent" = "whole";
  let asked = 0;
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket)).on("error", () => undefined);
  };
  const server = createServer((near) => {
    asked += 1;
    keep(near);
    if (state === "cut") near.resetAndDestroy();
    if (state !== "whole") return;
    const far = connect(Number(port) || 80, hostname);
    keep(far);
    near.pipe(far).pipe(near);
    // Half of a line is none.
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const reset = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked;
    },
    set(next) {
      state = next;
      if (next !== "whole") reset();
    },
    async close() {
      reset();
      server.close();
      await once(server, "close");
    },
  };
}
