import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { formatOf } from "../../../agent/cli/export-formats.ts";
import { eventPages, RELAY_AWAY_MAX_MS } from "../../../agent/cli/export-pages.ts";
import type { Answer } from "../../../client/index.ts";
import type { AnyEvent, EventPage } from "../../../protocol/index.ts";
import { type Relay, startRelay } from "../../support/relay.ts";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";
import { cli } from "../support/cli.ts";
import { inTerminal } from "../support/terminal.ts";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());

/** Puts a run's next events into its log. */
async function feed(run: string, seq: number, events: object[], life = "l"): Promise<void> {
  const socket = new WebSocket(`${relay.ws}/runs/${run}/agent`, {
    headers: { authorization: `Bearer ${await relay.token("agent", "*")}` },
  });
  const heard: { type: string }[] = [];
  socket.on("message", (text) => heard.push(JSON.parse(String(text))));
  await new Promise((resolve) => socket.once("open", resolve));
  const agent = { name: "test", version: "0" };
  socket.send(JSON.stringify({ type: "hello", protocol: 1, life, next_seq: seq, sent_seq: seq - 1, agent }));
  await until(() => heard.some(({ type }) => type === "ready"), { what: "ready" });
  socket.send(JSON.stringify({ type: "batch", seq, first_seq: seq, events, flush: true }));
  await until(() => heard.some(({ type }) => type === "ack"), { what: `the ack in ${JSON.stringify(heard)}` });
  socket.terminate();
}

const log = (message: string) => ({ type: "log", timestamp: "2026-11-23T10:00:00.000Z", level: "info", message });

/** Stands in front of the relay. @param alter what becomes of an answer; null: the connection is cut instead */
async function proxied(alter: (path: string, body: string) => string | null): Promise<string> {
  const server = createServer(async (request, response) => {
    const headers = { authorization: request.headers.authorization ?? "" };
    const answer = await fetch(`${relay.url}${request.url}`, { headers });
    const body = alter(request.url ?? "", await answer.text());
    if (body === null) request.socket.destroy();
    else response.writeHead(answer.status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function exported(run: string, args: string[], cwd?: string, url = relay.url) {
  const env = { RUNCAST_RELAY: url, RUNCAST_SECRET: relay.secret };
  const program = cli(["export", run, ...args], { env, ...(cwd ? { cwd } : {}) });
  const { code } = await program.closed;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

const parsed = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as AnyEvent);

describe("runcast export", () => {
  test("CL1 ndjson is an event a line, json the same as one array, --events those types alone", async () => {
    await feed("exported", 1, [log("one"), { type: "training_status", status: "running" }, log("two")]);
    const lines = await exported("exported", ["--format", "ndjson"]);
    expect(lines).toMatchObject({ code: 0, stderr: "" });
    expect(parsed(lines.stdout).map(({ offset }) => offset)).toEqual(parsed(lines.stdout).map((_, index) => index + 1));
    const array = await exported("exported", ["--format", "json"]);
    expect((JSON.parse(array.stdout) as AnyEvent[]).slice(0, parsed(lines.stdout).length)).toEqual(parsed(lines.stdout));
    const logs = await exported("exported", ["--format", "ndjson", "--events", "log"]);
    expect(parsed(logs.stdout).map(({ message }) => message)).toEqual(["one", "two"]);
  });

  test("EV2 csv is the metrics, a line a step, a column a series, and NaN stands there as a word", async () => {
    await feed("measured", 1, [
      { type: "metrics", steps: [1, 2], series: { loss: [0.5, "NaN"], 'l"r, x': [null, "-Infinity"] } },
      log("not a metric"),
      { type: "metrics", steps: [3], series: { loss: ["Infinity"] } },
    ]);
    const folder = folderForTest();
    const told = await exported("measured", ["--format", "csv", "--output", "m.csv"], folder);
    expect(told).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(join(folder, "m.csv"), "utf8")).toBe('step,"l""r, x",loss\n1,,0.5\n2,-Infinity,NaN\n3,,Infinity\n');
    expect(existsSync(join(folder, "m.csv.part"))).toBe(false);
  });

  test("CL1 --resume continues a file after its last whole line, a file that is there is not written over", async () => {
    await feed("resumed", 1, [log("one"), log("two")]);
    const folder = folderForTest();
    const file = join(folder, "r.ndjson");
    const args = ["--format", "ndjson", "--events", "log", "--output", file];
    expect(await exported("resumed", [...args, "--resume"])).toMatchObject({ code: 0, stderr: "" });
    appendFileSync(file, '{"type":"log","offs');
    await feed("resumed", 3, [log("three")]);
    expect(await exported("resumed", args)).toMatchObject({ code: 1, stderr: expect.stringContaining("is there already: --resume") });
    expect(await exported("resumed", [...args, "--resume"])).toMatchObject({ code: 0, stderr: "" });
    expect(parsed(readFileSync(file, "utf8")).map(({ message }) => message)).toEqual(["one", "two", "three"]);
  });

  test.each([
    ["is not in the log of run", '{"type":"log","offset":1,"message":"of another run"}\n'],
    ["is not in the log of run", '{"type":"log","offset":999,"message":"of another run"}\n'],
    ["last line is no event", "step,loss\n1,2\n"],
    ["last line is no event", "a model's weights"],
    ["is not in the log of run", `{"type":"log","offset":1}\nweights`],
  ])("CL1 --resume adds nothing to a file of something else: %s", async (words, text) => {
    await feed("other", 1, [log("one")]);
    const file = join(folderForTest(), "r.ndjson");
    writeFileSync(file, text);
    const told = await exported("other", ["--format", "ndjson", "--output", file, "--resume"]);
    expect(told).toMatchObject({ code: 1, stderr: expect.stringContaining(words) });
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("CL1 whoever reads and has had enough ends it quietly", async () => {
    await feed(
      "long",
      1,
      Array.from({ length: 2000 }, (_, n) => log(`${n} ${"x".repeat(500)}`)),
    );
    const program = cli(["export", "long", "--format", "ndjson"], { env: { RUNCAST_RELAY: relay.url, RUNCAST_SECRET: relay.secret } });
    program.child.stdout?.destroy();
    expect((await program.exited).code).toBe(0);
    expect(program.stderr()).toBe("");
  });

  test("VW3 a relay that is cut off between two pages is waited for, and every event is there once", async () => {
    const text = "x".repeat(1400);
    const events = (from: number) => Array.from({ length: 2000 }, (_, n) => log(`${from + n} ${text}`));
    await feed("paged", 1, events(0));
    await feed("paged", 2001, events(2000));
    let pages = 0;
    const url = await proxied((path, body) => {
      if (path.includes("/events")) pages += 1;
      return pages === 2 ? null : body;
    });
    const told = await exported("paged", ["--format", "ndjson", "--events", "log"], undefined, url);
    expect([told.code, told.stderr, pages]).toEqual([0, "runcast: the relay does not answer; it is waited for\n", 3]);
    expect(parsed(told.stdout).map(({ message }) => Number.parseInt(String(message), 10))).toEqual(
      Array.from({ length: 4000 }, (_, n) => n),
    );
  });

  test("VW3 a log that was numbered anew meanwhile is told, and fails", async () => {
    await feed("renumbered", 1, [log("one")]);
    let asked = 0;
    const url = await proxied((path, body) => {
      if (path.includes("/events")) return body;
      asked += 1;
      return asked === 1 ? body : JSON.stringify({ ...JSON.parse(body), log_id: "another" });
    });
    const told = await exported("renumbered", ["--format", "json"], undefined, url);
    expect(told).toMatchObject({ code: 1, stderr: expect.stringContaining("numbered anew meanwhile") });
  });

  test("CL1 how far it is stands on stderr where that is a terminal", async () => {
    await feed("watched", 1, [log("one")]);
    const file = join(folderForTest(), "w.ndjson");
    const token = await relay.token("viewer", "*");
    const terminal = inTerminal(["export", "watched", "--format", "ndjson", "--output", file, "--relay", relay.url, "--token", token]);
    await terminal.closed;
    expect(terminal.output()).toMatch(/\d+ events, 100% of the log/);
    expect(parsed(readFileSync(file, "utf8")).some(({ message }) => message === "one")).toBe(true);
  });

  test.each([
    [2, "--resume goes with", ["--format", "csv", "--resume"]],
    [2, "--events goes with json", ["--format", "csv", "--events", "log"]],
    [2, "'--format <format>' not specified", []],
    [1, "(run_not_found)", ["--format", "json"]],
    [1, "cannot be written", ["--format", "csv", "--output", "/dev/null/x"]],
  ])("CL1 what cannot be exported is told in one line: %i %s", async (code, words, args) => {
    const run = words.includes("written") ? "other" : "no-such-run";
    expect(await exported(run, args)).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(words) });
  });
});

describe("the pages of an export", () => {
  const page = (offsets: number[], next: number | null): Answer<EventPage> => ({
    ok: true,
    value: { events: offsets.map((offset) => ({ type: "log", offset })), next },
  });
  const away: Answer<EventPage> = { ok: false, status: 0, code: "unreachable", message: "nobody" };
  const gone: Answer<EventPage> = { ok: false, status: 410, code: "run_deleted", message: "gone" };

  async function read(answers: Answer<EventPage>[], step_ms = 0) {
    const asked: number[] = [];
    let now = 0;
    let losses = 0;
    const pages = eventPages(
      {
        ask: async (after) => {
          asked.push(after);
          return answers.shift() ?? away;
        },
        wait: async () => {
          now += step_ms;
        },
        now: () => now,
        onAway: () => {
          losses += 1;
        },
      },
      0,
    );
    const offsets: unknown[] = [];
    for (;;) {
      const { done, value } = await pages.next();
      if (done) return { asked, offsets, losses, ended: value };
      offsets.push(...value.map(({ offset }) => offset));
    }
  }

  test("VW3 a relay that goes away in the middle is asked for the same page until it is back, and nothing is doubled", async () => {
    const busy: Answer<EventPage> = { ok: false, status: 503, code: "bad_answer", message: "HTTP 503" };
    const told = await read([page([1, 2], 2), away, busy, away, page([3], 3), away, page([4], null)]);
    expect(told).toEqual({ asked: [0, 2, 2, 2, 2, 3, 3], offsets: [1, 2, 3, 4], losses: 2, ended: null });
  });

  test("VW3 one that was never there, one that refuses and one that stays away end it with the reason", async () => {
    expect((await read([away])).ended).toEqual(away);
    expect(await read([page([1], 1), gone])).toMatchObject({ offsets: [1], ended: gone, losses: 0 });
    expect(await read([page([1], 1)], RELAY_AWAY_MAX_MS / 4)).toMatchObject({ ended: away, asked: [0, 1, 1, 1, 1, 1] });
  });

  test("EV2 a step that is told again has its last value, and no events are an empty array or a heading", () => {
    const csv = formatOf("csv");
    csv.page([{ type: "metrics", steps: [2, 1], series: { loss: [2, 1] } }]);
    csv.page([{ type: "metrics", steps: [2], series: { loss: [3] } }]);
    expect(csv.end()).toBe("step,loss\n1,1\n2,3\n");
    expect(formatOf("csv").end()).toBe("step\n");
    expect(JSON.parse(formatOf("json").begin + formatOf("json").end())).toEqual([]);
  });
});
