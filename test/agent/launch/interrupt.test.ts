import { describe, expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { cli, script } from "../support/cli.ts";
import { logMessages } from "../support/events.ts";
import { type Room, startRoom } from "../support/room.ts";

const RUN = ["run", "--allow-interrupt"];
const WAITS = "console.log('ready'); setInterval(() => {}, 1000);";

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
