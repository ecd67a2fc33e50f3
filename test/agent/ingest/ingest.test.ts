import { readFileSync, statSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { removeHookFile, writeHookFile } from "../../../agent/ingest/hook-file.ts";
import { type Ingest, type Received, startIngest } from "../../../agent/ingest/ingest.ts";
import { createLineSplitter } from "../../../agent/ingest/lines.ts";
import { HOOK_LINE_MAX, hookFile } from "../../../protocol/index.ts";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";

/** An ingest with a spool that is a Map: what is received is recorded when somebody asks, or when the test says. */
async function ingestForTest(known: Record<string, number> = {}) {
  const recorded = new Map(Object.entries(known));
  const waiting: Received[] = [];
  const taken: Received[] = [];
  const record = () => {
    for (const received of waiting.splice(0)) {
      recorded.set(received.session, received.message.n);
      taken.push(received);
      received.connection.acknowledge(received.message.n);
    }
  };
  const ingest = await startIngest({
    receive: (received) => waiting.push(received),
    recordedUpTo: (session) => {
      record();
      return recorded.get(session) ?? null;
    },
    hooksChanged: () => undefined,
  });
  onTestFinished(ingest.close);
  return { ingest, taken, record, waiting, recorded };
}

/** A hook's side of a connection. */
async function hook(ingest: Ingest, hello: Record<string, unknown> = {}) {
  const socket = createConnection(ingest.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const answers: Record<string, unknown>[] = [];
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("error", () => undefined);
  createInterface({ input: socket }).on("line", (line) => answers.push(JSON.parse(line)));
  const say = (value: unknown) => socket.write(typeof value === "string" ? value : `${JSON.stringify(value)}\n`);
  say({ type: "hello", protocol: 1, token: ingest.token, session: "s1", pid: 1, version: "0", python: "3.11.0", ...hello });
  const answer = (index: number) => until(() => answers[index], { what: `answer ${index}` });
  return { socket, answers, answer, say, closed };
}

const log = (n: number, message = `line ${n}`) => ({ type: "log", n, t: 0, level: "info", message });

function localAddress(socket: Socket): string | undefined {
  return socket.remoteAddress;
}

describe("the agent's local port", () => {
  test("AC7 it listens on loopback alone, on a port and with a token that are new each time", async () => {
    const [one, two] = [await ingestForTest(), await ingestForTest()];
    expect(one.ingest.port).not.toBe(two.ingest.port);
    expect(one.ingest.token).not.toBe(two.ingest.token);
    expect(Buffer.from(one.ingest.token, "base64url")).toHaveLength(32);
    const { socket, answer } = await hook(one.ingest);
    await answer(0);
    expect(localAddress(socket)).toBe("127.0.0.1");
  });

  test("AC7 its address stands in a file that its user alone can read, whole or not at all", () => {
    const path = join(folderForTest(), "hooks", "launch.json");
    const content = { protocol: 1 as const, host: "127.0.0.1", port: 1234, token: "t".repeat(43) };
    writeHookFile(path, content);
    writeHookFile(path, content);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(hookFile.parse(JSON.parse(readFileSync(path, "utf8")))).toEqual(content);
    removeHookFile(path);
    removeHookFile(path);
  });

  test.each([["wrong"], [""], ["t".repeat(256)]])("AC7 the token %j is refused", async (token) => {
    const { ingest, waiting } = await ingestForTest();
    const { answer, say, closed } = await hook(ingest, { token });
    say(log(1));
    expect(await answer(0)).toMatchObject({ type: "error", code: "unauthorized" });
    await closed;
    expect(waiting).toEqual([]);
    expect(ingest.newest()).toBeNull();
  });

  test("AC7 somebody who holds connections open without a token keeps no hook out, and feeds nothing", async () => {
    const { ingest, taken, record } = await ingestForTest();
    const idle = Array.from({ length: 80 }, () => {
      const socket = createConnection(ingest.port, "127.0.0.1");
      onTestFinished(() => void socket.destroy());
      socket.on("error", () => undefined);
      socket.write(`${JSON.stringify(log(1, "not mine"))}\n`.slice(0, 10));
      return socket;
    });
    await until(() => idle.filter((socket) => socket.closed).length >= 64, { what: "the oldest to give way" });
    const mine = await hook(ingest);
    expect(await mine.answer(0)).toMatchObject({ type: "ready" });
    mine.say(log(1, "mine"));
    const mineIsTaken = () => {
      record();
      return taken.length === 1;
    };
    await until(mineIsTaken, { what: "the message" });
    expect(taken.map(({ message }) => message)).toMatchObject([{ message: "mine" }]);
  });

  test("AC7 messages are numbered and acknowledged once they are recorded", async () => {
    const { ingest, record, waiting } = await ingestForTest();
    const { answer, answers, say } = await hook(ingest);
    expect(await answer(0)).toEqual({ type: "ready", last_n: 0 });
    for (const n of [1, 2, 3]) say(log(n));
    await until(() => waiting.length === 3, { what: "the messages" });
    expect(answers).toHaveLength(1);
    record();
    expect(await answer(3)).toEqual({ type: "ack", n: 3 });
  });

  test("AC7 a hook that comes back is told how far it got, and what it sends again is not taken twice", async () => {
    const { ingest, taken, record, waiting } = await ingestForTest();
    const first = await hook(ingest);
    await first.answer(0);
    for (const n of [1, 2]) first.say(log(n));
    await until(() => waiting.length === 2, { what: "the messages" });
    const second = await hook(ingest);
    expect(await second.answer(0)).toEqual({ type: "ready", last_n: 2 });
    await first.closed;
    for (const n of [1, 2, 3]) second.say(log(n));
    await until(() => waiting.length === 1, { what: "the new message" });
    record();
    expect(taken.map(({ message }) => message.n)).toEqual([1, 2, 3]);
  });

  test("AC7 a session that the spool does not know may begin anywhere", async () => {
    const { ingest, waiting } = await ingestForTest();
    const { answer, say } = await hook(ingest);
    expect(await answer(0)).toEqual({ type: "ready", last_n: 0 });
    say(log(41));
    await until(() => waiting.length === 1, { what: "the message" });
  });

  test("AC7 several hooks at once, each with its own numbering; the newest gets the commands", async () => {
    const { ingest, taken, record, waiting } = await ingestForTest({ s2: 7 });
    const one = await hook(ingest);
    await one.answer(0);
    const two = await hook(ingest, { session: "s2" });
    expect(await two.answer(0)).toEqual({ type: "ready", last_n: 7 });
    one.say(log(1));
    two.say(log(8));
    await until(() => waiting.length === 2, { what: "both" });
    record();
    expect(taken.map(({ session, message }) => [session, message.n]).sort()).toEqual([
      ["s1", 1],
      ["s2", 8],
    ]);
    ingest.newest()?.send({ type: "command", id: "c1", command: "stop" });
    expect(await two.answer(2)).toEqual({ type: "command", id: "c1", command: "stop" });
    two.socket.destroy();
    await until(() => ingest.newest()?.session() === "s1", { what: "the other hook" });
  });

  test.each([
    ["not JSON", "{oops\n"],
    ["an unknown type", { type: "surprise", n: 2, t: 0 }],
    ["a wrong field", { type: "log", n: "two", t: 0, level: "info", message: "" }],
  ])("AC7 %s ends the connection with words; what came before it counts", async (_, bad) => {
    const { ingest, taken } = await ingestForTest();
    const { answer, answers, say, closed } = await hook(ingest);
    await answer(0);
    say(log(1));
    say(bad);
    await closed;
    expect(answers.slice(1)).toMatchObject([
      { type: "ack", n: 1 },
      { type: "error", code: "invalid_message" },
    ]);
    expect(taken).toHaveLength(1);
    const again = await hook(ingest);
    expect(await again.answer(0)).toEqual({ type: "ready", last_n: 1 });
  });

  test("AC7 a line over the limit ends the connection, whether or not it has an end", async () => {
    const { ingest } = await ingestForTest();
    const { answer, say, closed } = await hook(ingest);
    await answer(0);
    say("x".repeat(HOOK_LINE_MAX + 1));
    expect(await answer(1)).toMatchObject({ type: "error", code: "line_too_long" });
    await closed;
  });

  test("AC7 who has not shown the token gets a small line only", async () => {
    const { ingest } = await ingestForTest();
    const { answer, closed } = await hook(ingest, { version: "x".repeat(5000) });
    expect(await answer(0)).toMatchObject({ type: "error", code: "line_too_long" });
    await closed;
  });

  test("AC7 a line of the greatest length is taken, in pieces cut anywhere", () => {
    const splitter = createLineSplitter();
    const line = "é".repeat(HOOK_LINE_MAX / 2);
    const bytes = Buffer.from(`${line}\nrest`);
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += 999_983) {
      const piece = splitter.write(bytes.subarray(at, at + 999_983), HOOK_LINE_MAX);
      expect(piece.tooLong).toBe(false);
      lines.push(...piece.lines);
    }
    expect(lines).toEqual([line]);
    expect(splitter.write(Buffer.from("\n\n"), HOOK_LINE_MAX).lines).toEqual(["rest", ""]);
  });
});
