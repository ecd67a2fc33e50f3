import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";
import { cli, script } from "../support/cli.ts";
import { logMessages } from "../support/events.ts";
import { freePort } from "../support/free-port.ts";
import { startRoom } from "../support/room.ts";

const statuses = (events: readonly { type: string }[]) => events.filter(({ type }) => type === "training_status");

describe("runcast run", () => {
  test("CL1 output passes through untouched, to the end it came from, and the exit code with it", async () => {
    const run = cli([
      "run",
      ...script(`process.stdout.write("out\\r\\0\\x1b[A no end"); process.stderr.write("err\\n"); process.exitCode = 7`),
    ]);
    expect(await run.closed).toEqual({ code: 7, signal: null });
    expect(run.stdout()).toBe("out\r\0\x1b[A no end");
    expect(run.stderr()).toMatch(/^runcast: watch this run: http:\/\/127\.0\.0\.1:9\/runs\/\S+#token=\S+\n/);
    expect(run.stderr()).toContain("err\n");
  });

  test("CL1 stdin is the command's", async () => {
    const run = cli(["run", ...script(`process.stdin.pipe(process.stdout)`)], { stdio: ["pipe", "pipe", "pipe"] });
    run.child.stdin?.end("from our stdin");
    await run.closed;
    expect(run.stdout()).toBe("from our stdin");
  });

  test("CL1 the command's stdout and stderr can be opened by name, as a shell's pipes can", async () => {
    const run = cli(["run", "--", "sh", "-c", "echo one > /dev/stdout; echo two > /dev/stderr"]);
    expect((await run.closed).code).toBe(0);
    expect(run.stdout()).toBe("one\n");
    expect(run.stderr()).toContain("two\n");
  });

  test("CL1 a command that is killed by a signal gives 128 and its number", async () => {
    const room = await startRoom();
    const run = cli(["run", "--", "sh", "-c", "kill -9 $$"], { env: { RUNCAST_RELAY: room.url } });
    expect(await run.closed).toEqual({ code: 137, signal: null });
    expect(statuses(room.events).at(-1)).toMatchObject({ status: "error", error: expect.stringContaining("SIGKILL") });
  });

  test("CL1 a command that does not exist gives 127, one that may not be executed 126, each in words", async () => {
    const folder = folderForTest();
    const plain = join(folder, "plain.txt");
    writeFileSync(plain, "no program");
    chmodSync(plain, 0o644);
    const missing = cli(["run", "--", "no-such-command-here"], { folder });
    expect(await missing.closed).toEqual({ code: 127, signal: null });
    expect(missing.stderr()).toBe("runcast: no-such-command-here: command not found\n");
    const refused = cli(["run", "--", plain], { folder });
    expect(await refused.closed).toEqual({ code: 126, signal: null });
    expect(refused.stderr()).toContain("not executable");
    expect(filesBelow(folder)).toEqual(["plain.txt"]);
  });

  test("PR1 the run's end is told to the room, and nothing is left behind", async () => {
    const room = await startRoom();
    const run = cli(["run", "--run", "my-run", "--name", "My run", ...script(`console.log("hello"); process.exitCode = 3`)], {
      env: { RUNCAST_RELAY: room.url },
    });
    expect((await run.closed).code).toBe(3);
    expect(room.hellos[0]).toMatchObject({ run_info: { name: "My run", host: expect.anything() }, agent: { name: "runcast" } });
    expect(logMessages(room.events)).toContain("hello");
    expect(statuses(room.events).map((event) => ("status" in event ? event.status : null))).toEqual(["starting", "error"]);
    expect(filesBelow(run.folder)).toEqual([]);
  });

  test("PR4 what could not be delivered is said, kept, and goes out with the next run of that id", async () => {
    const folder = folderForTest();
    const port = await freePort();
    const env = { RUNCAST_RELAY: `http://127.0.0.1:${port}` };
    const offline = cli(["run", "--run", "again", ...script(`console.log("first time")`)], { folder, env });
    expect((await offline.closed).code).toBe(0);
    expect(offline.stderr()).toMatch(/does not answer/);
    expect(offline.stderr()).toMatch(/events could not be delivered.*again\.db.*runcast run --run again/);
    const room = await startRoom(port);
    const online = cli(["run", "--run", "again", ...script(`console.log("second time")`)], { folder, env });
    expect((await online.closed).code).toBe(0);
    expect(logMessages(room.events)).toEqual(["first time", "second time"]);
  });

  test("PR6 100 MB of output: complete, untouched, in bounded memory", async () => {
    const program = `
      const line = Buffer.from("0123456789abcde\\n".repeat(65536));
      let left = 100;
      const more = () => { if (left-- > 0) process.stdout.write(line, more); };
      more();`;
    const room = await startRoom();
    const run = cli(["run", ...script(program)], { env: { RUNCAST_RELAY: room.url }, stdio: ["ignore", "pipe", "pipe"] });
    let bytes = 0;
    let most = 0;
    run.child.stdout?.removeAllListeners("data").on("data", (piece: string) => {
      bytes += piece.length;
      most = Math.max(most, residentMiB(run.child.pid));
    });
    expect((await run.closed).code).toBe(0);
    expect(bytes).toBe(100 * 1024 * 1024);
    expect(most).toBeLessThan(300);
  });

  test("AC7 the trainer finds the agent through a file, and Python our hook before its own modules", async () => {
    const show = `const {env} = process; console.log(JSON.stringify({ path: env.PYTHONPATH, file: JSON.parse(require("fs").readFileSync(env.RUNCAST_HOOK_FILE)), unbuffered: env.PYTHONUNBUFFERED }))`;
    const run = cli(["run", ...script(show)], { env: { PYTHONPATH: "/mine" } });
    await run.closed;
    const shown = JSON.parse(run.stdout());
    expect(shown.path).toMatch(/python\/runcast\/_site:\/mine$/);
    expect(shown.file).toMatchObject({ protocol: 1, host: "127.0.0.1" });
    expect(shown.unbuffered).toBe("1");
  });

  test("CM3 the limit of a pause reaches the trainer's hook in seconds, and there is none unless it is asked for", async () => {
    const show = script(`console.log(process.env.RUNCAST_PAUSE_LIMIT)`);
    const limited = cli(["run", "--pause-limit", "30m", ...show]);
    const unlimited = cli(["run", ...show]);
    await Promise.all([limited.closed, unlimited.closed]);
    expect([limited.stdout(), unlimited.stdout()]).toEqual(["1800\n", "undefined\n"]);
  });

  test("AC1 RUNCAST_TOKEN is used as it is, and stands neither in a link nor in `ps`", async () => {
    const room = await startRoom();
    const env = { RUNCAST_RELAY: room.url, RUNCAST_TOKEN: "given-token", RUNCAST_SECRET: "", RUNCAST_STATE: "/nowhere" };
    const run = cli(
      ["run", "--run", "r", ...script(`console.log(require("fs").readFileSync("/proc/" + process.ppid + "/cmdline", "utf8"))`)],
      { env },
    );
    await run.closed;
    expect(room.tokens).toEqual(["Bearer given-token"]);
    expect(run.stdout() + run.stderr()).not.toContain("given-token");
    expect(run.stderr()).toContain(`watch this run: ${room.url}/runs/r\n`);
  });

  test.each([
    [["run"], "missing required argument"],
    [["run", "--nope", "--", "true"], "unknown option"],
    [["run", "--run", "no/slash", "--", "true"], "no run id"],
    [["run", "--relay", "ftp://x", "--", "true"], "no http, https, ws or wss address"],
    [["nonsense"], "unknown command"],
  ])("CL1 wrong usage %j gives 2 and says what is wrong", async (args, words) => {
    const run = cli(args);
    expect((await run.closed).code).toBe(2);
    expect(run.stderr()).toContain(words);
    expect(run.stdout()).toBe("");
  });

  test("AC1 without a token or a secret it says what to do, and runs nothing", async () => {
    const run = cli(["run", "--", "sh", "-c", "echo started"], { env: { RUNCAST_SECRET: "", RUNCAST_STATE: "/nowhere" } });
    expect((await run.closed).code).toBe(2);
    expect(run.stderr()).toMatch(/no token for .*npm start.*RUNCAST_TOKEN/);
    expect(run.stdout()).toBe("");
  });

  test("CL1 a process that the command leaves running keeps its output, and does not hold up the exit code", async () => {
    const marker = join(folderForTest(), "done");
    const left = `sleep 2; echo late && echo written > ${marker}`;
    const run = cli(["run", "--", "sh", "-c", `(${left}) & echo early`]);
    expect((await run.exited).code).toBe(0);
    expect(run.stdout()).toBe("early\n");
    await until(() => existsSync(marker), { what: "the process left running" });
    await run.closed;
    expect(run.stdout()).toBe("early\nlate\n");
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

function residentMiB(pid: number | undefined): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
