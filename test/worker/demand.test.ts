import { describe, expect, test } from "vitest";
import { CROWD_VIEWERS } from "../../protocol/index.ts";
import type { Room } from "../../worker/run/room.ts";
import type { SocketPort } from "../../worker/run/sockets.ts";
import type { Viewer } from "../../worker/run/viewers/fan-out.ts";
import { type Greeted, greeted } from "./support/greeted.ts";
import { alone, newRun } from "./support/rooms.ts";
import { agent } from "./support/sockets.ts";

const SILENT: SocketPort = { send: () => true, close: () => undefined, buffered: () => null, remember: () => undefined };

/** @param exp of its token, seconds since 1970 */
function join(room: Room, name: string, exp = 1e12): Viewer {
  const attachment = {
    kind: "viewer",
    sub: name,
    role: "viewer",
    exp,
    client_id: name,
    mode: "batched",
    subscription: ["*"],
  } as const;
  return room.viewers.join(SILENT, { ...attachment, joined_at: 0, behind_at: null }, { since: null, replay: 0 }, 0);
}

/** The rhythms that a producer is told, in order. */
function rhythms({ told }: Greeted): unknown[] {
  return told.flatMap((message) => {
    if (message.type === "ready") return [(message.demand as { mode: string }).mode];
    return message.type === "demand" ? [message.mode] : [];
  });
}

describe("demand", () => {
  test("PR5 the agent is told of nobody, some and very many the moment that it changes, and of nothing else", async () => {
    const run = newRun();
    await agent(run).then((first) => first.close());
    await alone(run, 0, (room) => {
      const producer = greeted(room, run, { exp: 1e12, now: 1 });
      const viewers = Array.from({ length: CROWD_VIEWERS }, (_, n) => join(room, `viewer ${n}`));
      expect(rhythms(producer)).toEqual(["idle", "live"]);
      const onTop = join(room, "one more");
      expect(rhythms(producer)).toEqual(["idle", "live", "crowd"]);
      room.viewers.leave(onTop);
      for (const viewer of viewers) room.viewers.leave(viewer);
      expect(rhythms(producer)).toEqual(["idle", "live", "crowd", "live", "idle"]);
    });
  });

  test("HL3 who watches is who may: one whose token has ended is not among them, though its socket is open", async () => {
    const run = newRun();
    await agent(run).then((first) => first.close());
    await alone(run, 2_000_000_000_000, (room) => {
      join(room, "may watch");
      join(room, "has ended", 1_999_999_000);
      expect(room.core.viewers.count).toBe(2);
      expect(room.snapshot().viewers).toEqual({ count: 1, names: ["may watch"] });
      expect(room.summary().viewers).toBe(1);
    });
  });

  test("PR5 the last viewer counts as gone when it is put out, whether or not its socket ever says so", async () => {
    const run = newRun();
    await agent(run).then((first) => first.close());
    await alone(run, 0, (room) => {
      const producer = greeted(room, run, { exp: 1e12, now: 1 });
      const viewer = join(room, "a phone in a tunnel");
      room.core.viewers.end(viewer, "token_expired");
      expect(rhythms(producer)).toEqual(["idle", "live", "idle"]);
      room.viewers.leave(viewer);
      expect(rhythms(producer)).toEqual(["idle", "live", "idle"]);
      expect(room.status({ count: 0, bytes: 0 }).limits).toMatchObject({ viewers: 0, refused: { token_expired: 1 } });
    });
  });
});
