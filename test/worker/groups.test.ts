import { describe, expect, test } from "vitest";
import { encodeEvent, type Line, stampEvent } from "../../worker/run/log/line.ts";
import type { Room } from "../../worker/run/room.ts";
import type { ViewerMode } from "../../worker/run/sockets.ts";
import { alone, newRun } from "./support/rooms.ts";
import { agent, line } from "./support/sockets.ts";

/** How often the text and the type of a line were looked at. */
type Looks = { text: number; type: number };

/** A line that counts who looks at it. */
function watched(offset: number, message: string, looks: Looks): Line {
  const encoded = encodeEvent(stampEvent(line(message), offset, 0));
  return {
    offset,
    bytes: encoded.bytes,
    get json() {
      looks.text += 1;
      return encoded.json;
    },
    get type() {
      looks.type += 1;
      return encoded.type;
    },
  };
}

/** @returns the frames that it is sent */
function join(room: Room, mode: ViewerMode, subscription: readonly string[]): string[] {
  const frames: string[] = [];
  const socket = { send: (text: string) => frames.push(text) > 0, close: () => undefined, remember: () => undefined, buffered: () => null };
  const attachment = { kind: "viewer", sub: "v", role: "viewer", exp: 1e12, client_id: "v", mode, subscription } as const;
  room.viewers.join(socket, { ...attachment, joined_at: 0, behind_at: null }, { since: null, replay: 0 }, 0);
  frames.length = 0;
  return frames;
}

/** What one publication of ten events looks at, with so many viewers of each kind. */
async function looksOf(kinds: readonly { mode: ViewerMode; subscription: readonly string[] }[], each: number): Promise<Looks> {
  const run = newRun();
  await agent(run);
  const looks = { text: 0, type: 0 };
  await alone(run, 0, (room) => {
    const inboxes = kinds.flatMap(({ mode, subscription }) => Array.from({ length: each }, () => join(room, mode, subscription)));
    const from = room.core.log.lastOffset + 1;
    room.core.viewers.publish(
      Array.from({ length: 10 }, (_, i) => watched(from + i, String(i), looks)),
      0,
    );
    for (const frames of inboxes) expect(frames.join("")).toContain('"message":"9"');
    // All viewers of a kind are sent the same.
    expect(new Set(inboxes.map((frames) => frames.join("\n"))).size).toBeLessThanOrEqual(kinds.length);
  });
  return looks;
}

const names = (count: number) => ["log", ...Array.from({ length: count - 1 }, (_, i) => `type_${i}`)].sort();

describe("fan-out by groups", () => {
  test("VW2 a hundred viewers with three kinds of filters cost three encodings of an event, as three viewers do", async () => {
    const kinds = [
      { mode: "batched", subscription: ["*"] },
      { mode: "batched", subscription: ["log", "metrics"] },
      { mode: "plain", subscription: ["log"] },
    ] as const;
    const few = await looksOf(kinds, 1);
    expect(few.text).toBeLessThanOrEqual(30);
    expect(await looksOf(kinds, 34)).toEqual(few);
  });

  test("VW2 an event costs no more however many names the viewers subscribe to", async () => {
    const few = await looksOf([{ mode: "batched", subscription: names(1) }], 50);
    expect(await looksOf([{ mode: "batched", subscription: names(64) }], 50)).toEqual(few);
    expect(few.text).toBeLessThanOrEqual(10);
  });

  test("VW2 `*` and `*` with names are one group", async () => {
    const one = await looksOf([{ mode: "batched", subscription: ["*"] }], 2);
    const both = [
      { mode: "batched", subscription: ["*"] },
      { mode: "batched", subscription: ["*", "log"] },
    ] as const;
    expect(await looksOf(both, 1)).toEqual(one);
  });

  test("VW5 a name with a comma is one name: who asks for it changes nothing for who asks for two", async () => {
    const run = newRun();
    await agent(run);
    await alone(run, 0, (room) => {
      const odd = join(room, "plain", ["log,x"]);
      const usual = join(room, "plain", ["log", "x"]);
      room.core.viewers.publish(room.core.log.append([line("seen")], 0), 0);
      expect([odd.length, usual.length]).toEqual([0, 1]);
    });
  });
});
