import { describe, expect, test } from "vitest";
import { CROWD_VIEWERS } from "../../protocol/index.ts";
import type { Room } from "../../worker/run/room.ts";
import type { SocketPort } from "../../worker/run/sockets.ts";
import type { Viewer } from "../../worker/run/viewers/fan-out.ts";
import { alone, newRun } from "./support/rooms.ts";
import { agent } from "./support/sockets.ts";

const SILENT: SocketPort = { send: () => true, close: () => undefined, buffered: () => null, remember: () => undefined };

function join(room: Room, name: string): Viewer {
  const attachment = {
    kind: "viewer",
    sub: name,
    role: "viewer",
    exp: 1e12,
    client_id: name,
    mode: "batched",
    subscription: ["*"],
  } as const;
  return room.viewers.join(SILENT, { ...attachment, joined_at: 0, behind_at: null }, { since: null, replay: 0 }, 0);
}

/** A producer that has said hello. @returns the rhythms that it is told, as they come */
function greet(room: Room, run: string): string[] {
  const told: string[] = [];
  const send = (frame: string | Uint8Array) => {
    const message = JSON.parse(String(frame));
    if (message.type === "ready") told.push(message.demand.mode);
    if (message.type === "demand") told.push(message.mode);
    return true;
  };
  const times = { connected_at: 1, heard_at: 0, sent_through: 0, sent_seq: 0 };
  const attachment = {
    kind: "agent",
    run,
    sub: "gpu",
    role: "agent",
    exp: 1e12,
    client_id: "a",
    life: null,
    demand: null,
    ...times,
  } as const;
  const producer = { socket: { ...SILENT, send }, attachment };
  room.agent.add(producer);
  const hello = { type: "hello", protocol: 1, life: "life-1", next_seq: 1, sent_seq: 0, agent: { name: "a", version: "0" } };
  room.agent.receive(producer, JSON.stringify(hello), 1);
  return told;
}

describe("demand", () => {
  test("PR5 the agent is told of nobody, some and very many the moment that it changes, and of nothing else", async () => {
    const run = newRun();
    await agent(run).then((first) => first.close());
    await alone(run, 0, (room) => {
      const told = greet(room, run);
      const viewers = Array.from({ length: CROWD_VIEWERS }, (_, n) => join(room, `viewer ${n}`));
      expect(told).toEqual(["idle", "live"]);
      const onTop = join(room, "one more");
      expect(told).toEqual(["idle", "live", "crowd"]);
      room.viewers.leave(onTop);
      for (const viewer of viewers) room.viewers.leave(viewer);
      expect(told).toEqual(["idle", "live", "crowd", "live", "idle"]);
    });
  });
});
