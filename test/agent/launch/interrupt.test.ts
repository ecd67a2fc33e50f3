import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";
import { agentOf, cli, script } from "../support/cli.ts";
import { logMessages } from "../support/events.ts";
import { type Room, startRoom } from "../support/room.ts";

const RUN = ["run", "--allow-interrupt"];
/** Ends by itself should a test fail: nobody else would tell it to. */
const WAITS = "console.log('ready'); setTimeout(() => process.exit(9), 60_000);";

const stop = (id: string) => ({ type: "command", id, command: "stop", expires_at: new Date(Date.now() + 60_000).toISOString() });
const updates = (room: Room) => room.messages.filter(({ type }) => type === "command_update");
const lastStatus = (room: Room) => room.events.filter(({ type }) => type === "training_status").at(-1);
const said = (room: Room, line: string) => until(() => logMessages(room.events).includes(line), { what: line });

describe("runcast run --allow-interrupt", () => {
  test("CM3 a stop interrupts a trainer that takes no commands, and is applied when it has ended, as stopped", async () => {
    const room = await startRoom();
    const run = cli([...RUN, ...script(WAITS)], { env: { RUNCAST_RELAY: room.url } });
    await said(room, "ready");
    room.send(stop("s1"));
    expect(await run.closed).toEqual({ code: 130, signal: null });
    expect(updates(room)).toEqual([expect.objectContaining({ id: "s1", state: "applied", error: null })]);
    expect(lastStatus(room)).toMatchObject({ status: "stopped", error: null });
    expect(run.stderr()).toContain("the command is interrupted, as Ctrl-C would");
  });

  test("CM3 a script and the trainer that it waits for hear of it both, once, and may end in order", async () => {
    const room = await startRoom();
    const trainer = `let n = 0; process.on("SIGINT", () => { console.log("interrupt " + ++n); setTimeout(() => process.exit(0), 300); }); ${WAITS}`;
    const run = cli([...RUN, "--", "sh", "-c", `trap : INT; "$0" -e "$1"; echo saved`, process.execPath, trainer], {
      env: { RUNCAST_RELAY: room.url },
    });
    await said(room, "ready");
    room.send(stop("s1"));
    expect((await run.closed).code).toBe(0);
    expect(run.stdout()).toBe("ready\ninterrupt 1\nsaved\n");
    expect(updates(room)).toEqual([expect.objectContaining({ id: "s1", state: "applied" })]);
  });

  test("CM1 kill -9 of the agent meanwhile: the same stop again interrupts no second time, and the end answers it", async () => {
    const room = await startRoom();
    const go = join(folderForTest(), "go");
    const slow = `let n = 0; process.on("SIGINT", () => console.log("interrupt " + ++n)); ${WAITS}
      setInterval(() => { if (require("fs").existsSync(${JSON.stringify(go)})) process.exit(0); }, 20);`;
    const run = cli([...RUN, ...script(slow)], { env: { RUNCAST_RELAY: room.url } });
    await said(room, "ready");
    room.send(stop("s1"));
    await said(room, "interrupt 1");
    process.kill(await agentOf(run.child), "SIGKILL");
    await until(() => room.hellos.length === 2, { what: "the next agent" });
    room.send(stop("s1"));
    // Frames stay in order: an agent that has answered this one has seen the one before.
    room.send({ ...stop("p1"), command: "pause" });
    await until(() => updates(room).length === 1, { what: "an answer" });
    writeFileSync(go, "");
    expect((await run.closed).code).toBe(0);
    expect(run.stdout()).toBe("ready\ninterrupt 1\n");
    expect(updates(room).map((update) => ("id" in update ? [update.id, update.state] : []))).toEqual([
      ["p1", "rejected"],
      ["s1", "applied"],
    ]);
    expect(lastStatus(room)).toMatchObject({ status: "stopped" });
  });

  test("CM3 without the option the trainer goes on, and the reason names it", async () => {
    const room = await startRoom();
    const run = cli(["run", ...script(WAITS)], { env: { RUNCAST_RELAY: room.url } });
    await said(room, "ready");
    room.send(stop("s1"));
    await until(() => updates(room).length > 0, { what: "an answer" });
    expect(updates(room)).toEqual([expect.objectContaining({ state: "rejected", error: expect.stringContaining("--allow-interrupt") })]);
    expect(run.child.exitCode).toBeNull();
    run.child.kill("SIGTERM");
    expect((await run.closed).code).toBe(143);
  });
});
