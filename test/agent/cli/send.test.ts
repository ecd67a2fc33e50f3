import { decode } from "hono/jwt";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { followCommand } from "../../../agent/cli/follow-command.ts";
import { createApi } from "../../../client/index.ts";
import { commandList } from "../../../protocol/index.ts";
import { type Relay, startRelay } from "../../support/relay.ts";
import { until } from "../../support/until.ts";
import { cli } from "../support/cli.ts";
import { inTerminal } from "../support/terminal.ts";

/** Of this test alone: nothing that another test left open is in it. */
let run = "";
let runs = 0;

let relay: Relay;
let agent: Agent;
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(() => relay.stop());
beforeEach(async () => {
  runs += 1;
  run = `sent-${runs}`;
  agent = await startAgent();
});
afterEach(() => agent.close());

type Agent = Awaited<ReturnType<typeof startAgent>>;

/** The run's agent, which answers commands as a test says. */
async function startAgent() {
  const socket = new WebSocket(`${relay.ws}/runs/${run}/agent`, {
    headers: { authorization: `Bearer ${await relay.token("agent", "*")}` },
  });
  const commands: Record<string, unknown>[] = [];
  const ready = new Promise<void>((resolve) => {
    socket.on("message", (text) => {
      const message = JSON.parse(String(text));
      if (message.type === "ready") resolve();
      if (message.type === "command") commands.push(message);
    });
  });
  const say = (message: object) => socket.send(JSON.stringify(message));
  socket.once("open", () =>
    say({
      type: "hello",
      protocol: 1,
      life: "l",
      next_seq: 1,
      sent_seq: 0,
      agent: { name: "test", version: "0" },
      run_info: { name: "Ada's run" },
    }),
  );
  await ready;
  return {
    commands,
    taken: (count: number) => until(() => commands.length >= count && commands[count - 1], { what: `command ${count}` }),
    answer: (id: unknown, state: string, more: object = {}) => say({ type: "command_update", id, state, ...more }),
    close: () => socket.terminate(),
  };
}

const send = (args: string[], env: Record<string, string> = { RUNCAST_SECRET: relay.secret }) =>
  cli(["send", ...args], { env: { RUNCAST_RELAY: relay.url, ...env } });

/** Runs it to its end, with an agent that answers like this. */
async function sent(args: string[], state: string, more: object = {}) {
  const program = send(args);
  const { id } = await agent.taken(1);
  agent.answer(id, state, more);
  const { code } = await program.closed;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

async function commands() {
  const headers = { authorization: `Bearer ${await relay.token("viewer", "*")}` };
  return commandList.parse(await (await fetch(`${relay.url}/api/runs/${run}/commands`, { headers })).json()).commands;
}

describe("runcast send, and what becomes of a command", () => {
  test.each([
    ["applied", { global_step: 12 }, "applied at step 12", 0],
    ["applied", {}, "applied", 0],
    ["rejected", { error: "the trainer has no pause" }, "rejected: the trainer has no pause", 1],
    ["failed", { error: "the training ended before" }, "failed: the training ended before", 1],
  ])("CM1 %s with %j is told with each state before it, and as an exit code", async (state, more, words, code) => {
    const told = await sent(["pause", run], state, more);
    expect(told).toMatchObject({ code, stdout: `pause: queued\npause: delivered\npause: ${words}\n` });
    expect(told.stderr).toMatch(/^runcast: pause for run sent-\d+ \(Ada's run, no step yet\), id \S+\n$/);
  });

  test("CM1 without a run the newest one is meant, and --json prints one object and nothing else", async () => {
    const told = await sent(["save", "--id", "j1", "--json"], "applied", { global_step: 3 });
    expect(told).toMatchObject({ code: 0, stderr: "" });
    const object = { run, id: "j1", command: "save", state: "applied", by: expect.any(String), global_step: 3, error: null };
    expect(JSON.parse(told.stdout)).toEqual(object);
  });

  test("CM2 every option of a sample, and of a stop, arrives as it was typed", async () => {
    const words = [
      "--prompt",
      "a red circle",
      "--negative-prompt",
      "",
      "--width",
      "512",
      "--height",
      "768",
      "--seed",
      "-1",
      "--steps",
      "20",
    ];
    await sent([run, "sample", ...words, "--cfg", "3.5"], "applied");
    const fields = { prompt: "a red circle", negative_prompt: "", width: 512, height: 768, seed: -1, steps: 20, cfg: 3.5 };
    expect(agent.commands[0]).toMatchObject({ command: "sample", ...fields });
    const stop = send(["stop", "--run", run, "--save", "--yes"]);
    const taken = await agent.taken(2);
    expect(taken).toMatchObject({ command: "stop", save: true });
    agent.answer(taken.id, "applied");
    expect((await stop.closed).code).toBe(0);
  });

  test("CM1 --no-wait ends when it is sent; the same id later tells what became of it, runs nothing, and asks nobody", async () => {
    const program = send(["stop", run, "--yes", "--id", "w1", "--no-wait"]);
    expect((await program.closed).code).toBe(0);
    expect(program.stdout()).toBe("stop: delivered\n");
    agent.answer("w1", "failed", { error: "no luck" });
    await until(async () => (await commands()).some(({ id, state }) => id === "w1" && state === "failed"), { what: "the answer" });
    const again = send(["stop", run, "--id", "w1"]);
    expect((await again.closed).code).toBe(1);
    expect(again.stdout()).toBe("stop: failed: no luck\n");
    expect(agent.commands).toHaveLength(1);
    const other = send(["sample", run, "--id", "w1"]);
    expect((await other.closed).code).toBe(1);
    expect(other.stderr()).toBe("runcast: the id w1 is a stop's already: nothing was sent\n");
  });

  test("CM1 Ctrl-C ends the following and says that the command goes on", async () => {
    const program = send(["sample", run, "--id", "c1"]);
    await until(() => program.stdout().includes("delivered"), { what: "its state" });
    program.child.kill("SIGINT");
    expect((await program.closed).code).toBe(130);
    expect(program.stderr()).toContain(
      `no longer following; the sample goes on. \`runcast send ${run} sample --id c1\` tells what became of it`,
    );
    expect((await commands()).find(({ id }) => id === "c1")?.state).toBe("delivered");
  });

  test("CM1 a relay that is away meanwhile is waited for, and no state is missed", async () => {
    const program = send(["sample", run]);
    const { id } = await agent.taken(1);
    await until(() => program.stdout().includes("delivered"), { what: "its state" });
    await relay.restart();
    const back = await startAgent();
    back.answer(id, "applied", { global_step: 5 });
    expect((await program.closed).code).toBe(0);
    back.close();
    expect(program.stdout()).toBe("sample: queued\nsample: delivered\nsample: applied at step 5\n");
    expect(program.stderr()).toContain("the relay does not answer; it is waited for while the command has time");
  });

  test("AC4 a token that is revoked meanwhile ends the following, not the command", async () => {
    const token = await relay.token("operator", "*");
    const program = send(["sample", run, "--id", "r1"], { RUNCAST_TOKEN: token });
    await until(() => program.stdout().includes("delivered"), { what: "its state" });
    const headers = { authorization: `Bearer ${await relay.token("owner", "*")}` };
    await fetch(`${relay.url}/api/tokens/${decode(token).payload.jti}`, { method: "DELETE", headers });
    expect((await program.closed).code).toBe(1);
    expect(program.stderr()).toContain("runcast: the token was revoked (token_revoked); the sample goes on\n");
  });

  test("CM1 with its time over and nothing heard, the following ends, after what the room has stored was looked at", async () => {
    const token = await relay.token("operator", "*");
    const access = { url: relay.url, token: () => token, api: () => createApi({ url: relay.url, token }) };
    const found = await access.api().run(run);
    if (!found.ok) throw new Error(found.message);
    const since = { log_id: found.value.log_id, offset: found.value.last_offset };
    const follow = (id: string, states: string[]) =>
      followCommand({
        ...{ access, run, id, since, from: null, ms: 0, signal: new AbortController().signal },
        tell: ({ state }) => states.push(state),
        onAway: () => undefined,
      });
    expect(await follow("never-sent", [])).toEqual({ kind: "time_over" });
    const states: string[] = [];
    await access.api().command(run, { id: "t1", command: "save" });
    expect(await follow("t1", states)).toEqual({ kind: "time_over" });
    expect(states.at(-1)).toBe("delivered");
  });
});

describe("runcast send stop", () => {
  test("CM1 asks at a terminal, with the run's name, and a no sends nothing", async () => {
    const terminal = inTerminal(["send", "stop", run, "--relay", relay.url, "--token", await relay.token("operator", "*")]);
    await until(() => terminal.output().includes(`Stop run ${run} (Ada's run, no step yet)? [y/N]`), { what: "the question" });
    terminal.type("n\n");
    await terminal.closed;
    expect(terminal.output()).toContain("nothing was sent");
    expect(agent.commands).toEqual([]);
  });

  test("CM1 a yes at a terminal sends it", async () => {
    const terminal = inTerminal(["send", "stop", run, "--relay", relay.url, "--token", await relay.token("operator", "*")]);
    await until(() => terminal.output().includes("[y/N]"), { what: "the question" });
    terminal.type("y\n");
    const { id } = await agent.taken(1);
    agent.answer(id, "applied", { global_step: 2 });
    await terminal.closed;
    expect(terminal.output()).toContain("stop: applied at step 2");
  });

  test("CM1 wants --yes where nobody can be asked, also of an id that was never sent", async () => {
    for (const more of [[], ["--id", "never-sent"]]) {
      const program = send(["stop", run, ...more]);
      expect((await program.closed).code).toBe(2);
      expect(program.stderr()).toMatch(/^runcast: stop ends a training: .*--yes\n$/);
    }
    expect(agent.commands).toEqual([]);
  });
});

describe("runcast send that cannot", () => {
  test("AC5 who may not, and a relay that is not there, are told in one line", async () => {
    const viewer = send([run, "sample"], { RUNCAST_TOKEN: await relay.token("viewer", "*") });
    expect((await viewer.closed).code).toBe(1);
    expect([viewer.stdout(), viewer.stderr()]).toEqual(["", expect.stringMatching(/^runcast: run sent-\d+: .*\(forbidden\)\n$/)]);
    const elsewhere = send(["sample"], { RUNCAST_TOKEN: await relay.token("operator", "another-run") });
    expect((await elsewhere.closed).code).toBe(1);
    expect(elsewhere.stderr()).toBe("runcast: there is no run that this token may see (run_not_found)\n");
    const away = send(["sample", run], { RUNCAST_RELAY: "http://127.0.0.1:9", RUNCAST_SECRET: relay.secret });
    expect((await away.closed).code).toBe(1);
    expect(away.stderr()).toBe("runcast: nothing answers at the relay's address (unreachable)\n");
  });

  test.each([
    ["say what to do: stop, pause, resume, sample, backup, save", []],
    ["dance is no command; there are stop", ["dance"]],
    ["dance is no command", ["sent", "dance"]],
    ["a/b is no run id", ["sample", "a/b"]],
    ["what is red?", ["sample", "a", "red"]],
    ["which run is meant: sent or other?", ["sample", "sent", "--run", "other"]],
    ["--save goes with stop", ["pause", "--save"]],
    ["--prompt goes with sample", ["backup", "--prompt", "x"]],
    ["--width: wide is no number", ["sample", "--width", "wide"]],
    ["--width: ", ["sample", "--width", "3"]],
    ["--steps: ", ["sample", "--steps", "2.5"]],
    ["--negative-prompt: ", ["sample", "--negative-prompt", "x".repeat(20_000)]],
    ["--id: ", ["sample", "--id", "not an id"]],
    ["no http, https, ws or wss address", ["sample", "--relay", "ftp://x"]],
  ])("CM2 wrong usage is told in words, and nothing is sent: %s", async (words, args) => {
    const program = send(args);
    expect((await program.closed).code).toBe(2);
    expect(program.stderr()).toContain(words);
    expect([program.stdout(), agent.commands]).toEqual(["", []]);
  });
});
