import { describe, expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { cli, script } from "../support/cli.ts";
import { mountForTest } from "../support/disk.ts";
import { logMessages, upTo } from "../support/events.ts";
import { startRoom } from "../support/room.ts";

/** Writes lines of a kibibyte until its input ends, and counts on while nobody may be reading. */
const TRAINER = `
  let n = 0;
  const timer = setInterval(() => { for (let i = 0; i < 5; i++) console.log("line " + ++n + " " + "x".repeat(1000)); }, 10);
  process.stdin.on("end", () => { clearInterval(timer); console.error("wrote " + n); }).resume();
`;

describe("runcast run on a full disk", () => {
  test("PR4 PR6 the training goes on, what the spool holds is sent, and everything arrives once", async ({ skip }) => {
    const disk = mountForTest(8);
    if (!disk) return skip();
    const room = await startRoom();
    const env = { RUNCAST_RELAY: room.url, RUNCAST_SPOOL: disk.folder };
    const run = cli(["run", ...script(TRAINER)], { env, stdio: ["pipe", "pipe", "pipe"] });
    const lines = () =>
      logMessages(room.events)
        .flatMap((text) => /^line (\d+) /.exec(String(text))?.[1] ?? [])
        .map(Number);
    await until(() => lines().length > 100, { what: "the first lines" });
    disk.fill();
    // Acknowledged events leave room for new ones: with a relay at hand a full disk is hardly noticed.
    const before = lines().length;
    await until(() => lines().length > before + 3000, { what: "lines after the disk was full", timeout_ms: 30_000 });
    room.faults.mute = true;
    await until(() => run.stderr().includes("disk of the agent's spool is full"), { what: "words about it", timeout_ms: 30_000 });
    room.faults.mute = false;
    room.cut();
    disk.empty();
    const told = () => logMessages(room.events).some((text) => String(text).includes("took nothing for"));
    await until(told, { what: "the report", timeout_ms: 30_000 });
    run.child.stdin?.end();
    expect(await run.closed).toEqual({ code: 0, signal: null });
    const wrote = Number(/wrote (\d+)/.exec(run.stderr())?.[1]);
    // What the launcher's own bound left out while nothing could be recorded is said; nothing is there twice, or out of order.
    const lost = logMessages(room.events).some((text) => String(text).includes("console output were not recorded"));
    expect(lines()).toEqual(lost ? [...new Set(lines())].sort((a, b) => a - b) : upTo(wrote));
    expect(lines().at(-1)).toBe(wrote);
    expect(run.stdout().split("\n")).toHaveLength(wrote + 1);
    expect(run.stderr()).not.toMatch(/the agent (ended|failed)/);
    expect(room.events.at(-1)).toMatchObject({ type: "training_status", status: "completed" });
  }, 90_000);
});
