import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { childrenOf, isAlive } from "../../support/processes.ts";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";
import { agentOf, cli, script } from "../support/cli.ts";
import { logMessages, upTo } from "../support/events.ts";
import { startRoom } from "../support/room.ts";
import { inTerminal } from "../support/terminal.ts";

/** A trainer that writes numbered lines until a file appears, then a last one. */
function counting(stopFile: string): string[] {
  return script(`
    let n = 0;
    process.stdout.on("error", (error) => { require("fs").writeFileSync(${JSON.stringify(`${stopFile}.broken`)}, error.code); process.exit(9); });
    const timer = setInterval(() => {
      console.log("line " + ++n);
      if (!require("fs").existsSync(${JSON.stringify(stopFile)})) return;
      clearInterval(timer);
      console.log("the end");
    }, 5);`);
}

/** A trainer that names the signals it is sent, and ends with the second. */
const NAMING_SIGNALS = `
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"]) process.on(name, () => {
    console.log("got " + name);
    if (name === "SIGTERM") process.exit(5);
  });
  setInterval(() => {}, 1000);
  console.log("ready");`;

const linesOf = (text: string) => text.split("\n").filter((line) => line.startsWith("line "));

describe("the processes of runcast run", () => {
  test("PR4 kill -9 of the agent, twice: training goes on, and every line is recorded once", async () => {
    const stop = join(folderForTest(), "stop");
    const room = await startRoom();
    const run = cli(["run", ...counting(stop)], { env: { RUNCAST_RELAY: room.url } });
    let agent = 0;
    for (const round of [1, 2]) {
      agent = await agentOf(run.child, agent);
      const seen = room.hellos.length;
      await until(() => room.hellos.length >= round && logMessages(room.events).length > 20 * round, { what: "lines in the room" });
      process.kill(agent, "SIGKILL");
      await until(() => room.hellos.length > seen || !isAlive(agent), { what: "its end" });
    }
    await until(() => room.hellos.length === 3, { what: "the third agent" });
    writeFileSync(stop, "");
    expect((await run.closed).code).toBe(0);
    const lines = linesOf(run.stdout());
    expect(logMessages(room.events)).toEqual([...lines, "the end"]);
    expect(lines).toEqual(upTo(lines.length).map((n) => `line ${n}`));
    expect(new Set(room.hellos.map((hello) => hello.life)).size).toBe(1);
    expect(run.stderr().match(/is started again/g)).toHaveLength(1);
  });

  test("PR6 kill -9 of the launcher: the trainer writes on, its output still passes through, its end is told", async () => {
    const stop = join(folderForTest(), "stop");
    const room = await startRoom();
    const run = cli(["run", ...counting(stop)], { env: { RUNCAST_RELAY: room.url } });
    await until(() => logMessages(room.events).length > 10, { what: "lines in the room" });
    const agent = await agentOf(run.child);
    run.child.kill("SIGKILL");
    await run.exited;
    const before = linesOf(run.stdout()).length;
    await until(() => linesOf(run.stdout()).length > before + 50, { what: "lines after the launcher's death" });
    writeFileSync(stop, "");
    await until(() => !isAlive(agent), { what: "the agent's end", timeout_ms: 20_000 });
    await run.closed;
    expect(existsSync(`${stop}.broken`)).toBe(false);
    expect(run.stdout()).toContain("the end");
    expect(logMessages(room.events)).toContain("the end");
    expect(room.events.filter(({ type }) => type === "training_status").at(-1)).toMatchObject({
      status: expect.stringMatching(/completed|stopped|error/),
    });
  });

  test("PR6 a command that ends at once does not take its agent along", async () => {
    const room = await startRoom();
    const run = cli(["run", "--", "true"], { env: { RUNCAST_RELAY: room.url } });
    expect((await run.closed).code).toBe(0);
    expect(run.stderr().split("\n").slice(1)).toEqual([""]);
    expect(room.hellos).toHaveLength(1);
  });

  test("PR6 an agent that was started after the command closed its output still notices the launcher's death", async () => {
    const stop = join(folderForTest(), "stop");
    // However this ends: nobody else would tell the command to.
    onTestFinished(() => writeFileSync(stop, ""));
    const run = cli(["run", "--", "sh", "-c", `exec > /dev/null 2>&1; while [ ! -e ${stop} ]; do sleep 0.05; done`]);
    const first = await agentOf(run.child);
    await until(() => childrenOf(run.child.pid).some(({ command }) => command.startsWith("sh")), { what: "the command" });
    process.kill(first, "SIGKILL");
    const second = await agentOf(run.child, first);
    await until(() => readdirSync(run.folder, { recursive: true }).some((name) => String(name).endsWith(".json")), {
      what: "its hook file",
    });
    run.child.kill("SIGKILL");
    writeFileSync(stop, "");
    await until(() => !isAlive(second), { what: "the agent's end", timeout_ms: 18_000 });
  });

  test("PR6 an agent that hangs: 20 MB are written as if it were not there", async () => {
    const folder = folderForTest();
    const go = join(folder, "go");
    const program = `
      const fs = require("fs");
      while (!fs.existsSync(${JSON.stringify(go)}));
      const line = Buffer.from("0123456789abcde\\n".repeat(65536));
      let left = 20;
      const more = () => { if (left-- > 0) process.stdout.write(line, more); else fs.writeFileSync(${JSON.stringify(`${go}.written`)}, ""); };
      more();`;
    const run = cli(["run", ...script(program)], { folder });
    const agent = await agentOf(run.child);
    await until(() => childrenOf(run.child.pid).length === 2, { what: "the trainer" });
    process.kill(agent, "SIGSTOP");
    onTestFinished(() => {
      if (isAlive(agent)) process.kill(agent, "SIGKILL");
    });
    writeFileSync(go, "");
    await until(() => existsSync(`${go}.written`), { what: "all of it to be written" });
    process.kill(agent, "SIGCONT");
    expect((await run.closed).code).toBe(0);
    expect(run.stdout()).toHaveLength(20 * 1024 * 1024);
  });

  test("CL1 signals are passed on, and the exit code of a command that ends by one is its own", async () => {
    const room = await startRoom();
    const run = cli(["run", ...script(NAMING_SIGNALS)], { env: { RUNCAST_RELAY: room.url } });
    await until(() => run.stdout().includes("ready"), { what: "the command" });
    for (const signal of ["SIGINT", "SIGHUP", "SIGUSR2", "SIGTERM"] as const) {
      run.child.kill(signal);
      await until(() => run.stdout().includes(`got ${signal}`), { what: signal });
    }
    expect(await run.closed).toEqual({ code: 5, signal: null });
    expect(run.stdout()).toBe("ready\ngot SIGINT\ngot SIGHUP\ngot SIGUSR2\ngot SIGTERM\n");
    expect(room.events.filter(({ type }) => type === "training_status").at(-1)).toMatchObject({ status: "stopped" });
  });

  test("CL1 a command without handlers that is sent SIGTERM through us ends by it, as stopped", async () => {
    const room = await startRoom();
    const run = cli(["run", "--", "sh", "-c", "echo ready; exec sleep 100"], { env: { RUNCAST_RELAY: room.url } });
    await until(() => run.stdout().includes("ready"), { what: "the command" });
    run.child.kill("SIGTERM");
    expect(await run.closed).toEqual({ code: 143, signal: null });
    expect(room.events.filter(({ type }) => type === "training_status").at(-1)).toMatchObject({ status: "stopped" });
  });

  test("CL1 a terminal's Ctrl-C reaches the command once, and not the agent", async () => {
    const run = inTerminal(["run", ...script(NAMING_SIGNALS)]);
    await until(() => run.output().includes("ready"), { what: "the command" });
    run.type("\x03");
    await until(() => run.output().includes("got SIGINT"), { what: "Ctrl-C" });
    process.kill(run.launcher(), "SIGTERM");
    await run.closed;
    expect(run.output().match(/got SIGINT/g)).toHaveLength(1);
  });

  test("CL1 under nohup the command survives the end of its terminal", async () => {
    const stdin = openSync("/dev/null", "w");
    // The shell leaves an ignored signal ignored, as Python does.
    const program = 'trap "exit 0" TERM; echo ready; while :; do sleep 0.05; done';
    const run = cli(["run", "--", "bash", "-c", program], { stdio: [stdin, "pipe", "pipe"] });
    closeSync(stdin);
    await until(() => run.stdout().includes("ready"), { what: "the command" });
    const trainer = childrenOf(run.child.pid).find(({ command }) => !command.includes("_agent"))?.pid ?? 0;
    process.kill(trainer, "SIGHUP");
    run.child.kill("SIGHUP");
    run.child.kill("SIGTERM");
    expect((await run.closed).code).toBe(0);
  });

  test("PR4 a second launch of the same run is not recorded twice: it is told that another agent is at work, and runs all the same", async () => {
    const folder = folderForTest();
    const stop = join(folder, "stop");
    const first = cli(["run", "--run", "same", ...counting(stop)], { folder });
    await until(() => first.stdout().includes("line 5"), { what: "the first" });
    const second = cli(["run", "--run", "same", ...script(`console.log("ran")`)], { folder });
    await until(() => second.stdout().includes("ran"), { what: "the second" });
    expect(second.stderr()).toContain("another agent works on this run already");
    expect((await second.closed).code).toBe(0);
    expect(second.stderr()).toContain("nothing of this command was recorded");
    writeFileSync(stop, "");
    expect((await first.closed).code).toBe(0);
  });
});
