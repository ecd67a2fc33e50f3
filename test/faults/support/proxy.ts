import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import { atEnd } from "./at-end.ts";

/** What becomes of bytes in one direction: passed on, kept for later, or gone as in a network that swallows packets. */
type Flow = "pass" | "hold" | "swallow";

/** A TCP proxy in front of a relay, which knows nothing of what passes. Faults concern the connections that are open; later ones are good. */
export type Proxy = {
  readonly url: string;
  /** How many connections were made. */
  connections(): number;
  /** Half-open: nothing passes any more in these directions, not even the end, and nobody is told. */
  swallow(directions: { up: boolean; down: boolean }): void;
  /** Keeps what comes, in both directions, until `release`. */
  hold(): void;
  release(): void;
  /** Ends the open connections on both sides: in order, or by a reset. */
  cut(how: "end" | "reset"): void;
};

type Half = { from: Socket; to: Socket; flow: Flow; kept: Buffer[]; ended: boolean };

/** @param target the relay's origin */
export async function startProxy(target: string): Promise<Proxy> {
  const port = Number(new URL(target).port);
  const pairs = new Set<{ up: Half; down: Half }>();
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    const relay = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const pair = { up: half(client, relay), down: half(relay, client) };
    pairs.add(pair);
    for (const socket of [client, relay]) socket.on("close", () => pairs.delete(pair));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const each = (work: (half: Half, direction: "up" | "down") => void) => {
    for (const { up, down } of pairs) {
      work(up, "up");
      work(down, "down");
    }
  };
  const cut = (how: "end" | "reset") =>
    each(({ from }) => {
      if (how === "reset") from.resetAndDestroy();
      else from.destroySoon();
    });
  atEnd(() => {
    cut("reset");
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    swallow: (directions) =>
      each((half, direction) => {
        if (directions[direction]) half.flow = "swallow";
      }),
    hold: () =>
      each((half) => {
        half.flow = "hold";
      }),
    release: () =>
      each((half) => {
        half.flow = "pass";
        for (const piece of half.kept.splice(0)) half.to.write(piece);
        if (half.ended) half.to.end();
      }),
    cut,
  };
}

function half(from: Socket, to: Socket): Half {
  const half: Half = { from, to, flow: "pass", kept: [], ended: false };
  from.on("data", (piece) => {
    if (half.flow === "hold") half.kept.push(piece);
    if (half.flow !== "pass" || to.destroyed) return;
    if (!to.write(piece)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => {
    half.ended = true;
    if (half.flow === "pass") to.end();
  });
  // A reset of one side is told to the other, unless the network swallows that too.
  from.on("error", () => {
    if (half.flow === "pass") to.resetAndDestroy();
  });
  return half;
}
