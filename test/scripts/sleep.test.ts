import { expect, test } from "vitest";
import { wakefulIn } from "../../scripts/check/sleep.ts";

test.each([
  ["setTimeout(() => this.flush(), 1000);", "worker/a.ts:1: a pending timer would keep a room awake"],
  ["const beat = setInterval(tick, 10)", "worker/a.ts:1: a pending timer would keep a room awake"],
  ["pair[1].accept();", "worker/a.ts:1: a socket that does not hibernate would keep a room awake"],
  ["await fetch(url)", "worker/a.ts:1: an outgoing connection that is waited for would keep a room awake"],
  ['const out = new WebSocket("wss://x")', "worker/a.ts:1: an outgoing connection that is waited for would keep a room awake"],
])("VW7 what keeps a room from hibernating is refused: %s", (line, problem) => {
  expect(wakefulIn("worker/a.ts", line)).toEqual([problem]);
});

test.each([
  "this.ctx.acceptWebSocket(pair[1], tags);",
  "// No timer: setTimeout( would keep it awake.",
  " * Sockets: `accept()` is not used, nor .accept().",
  "return room.fetch(request);",
  "override async fetch(request: Request): Promise<Response> {",
])("VW7 what lets it sleep is not: %s", (line) => {
  expect(wakefulIn("worker/a.ts", line)).toEqual([]);
});
