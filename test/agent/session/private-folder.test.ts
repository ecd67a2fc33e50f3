import { chmodSync, chownSync, existsSync, lchownSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { privateFolder } from "../../../agent/session/private-folder.ts";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";
import { cli, script } from "../support/cli.ts";
import { logMessages } from "../support/events.ts";
import { startRoom } from "../support/room.ts";

/** `nobody`, on every system that has one. */
const STRANGER = 65_534;
const isRoot = process.getuid?.() === 0;
const WISH = { holds: "hook files", variable: "XDG_RUNTIME_DIR", onlyFolders: false };

/** A folder of the test with this mode. */
function folderWith(mode: number): string {
  const path = join(folderForTest(), "folder");
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

describe.skipIf(process.platform === "win32")("folders that are the user's alone", () => {
  test("AC7 a folder that is not there is made for this user alone", () => {
    const path = join(folderForTest(), "a", "b");
    expect(privateFolder(path, WISH)).toEqual({ ok: true });
    expect((statSync(path).mode & 0o777).toString(8)).toBe("700");
  });

  test.each([0o700, 0o755])("AC7 one that others may at most read (%o) is good", (mode) => {
    expect(privateFolder(folderWith(mode), WISH)).toEqual({ ok: true });
  });

  test.each([0o777, 0o775, 0o770, 0o722, 0o1777])("AC7 one that others may write (%o) is refused, in words that help", (mode) => {
    const path = folderWith(mode);
    const message = `the folder ${path} for hook files can be written by other users: \`chmod 700 ${path}\`, or choose another with XDG_RUNTIME_DIR`;
    expect(privateFolder(path, WISH)).toEqual({ ok: false, message });
  });

  test("AC7 what holds only folders may be shared as /tmp is, but not without its sticky bit", () => {
    const wish = { ...WISH, onlyFolders: true };
    expect(privateFolder(folderWith(0o1777), wish)).toEqual({ ok: true });
    expect(privateFolder(folderWith(0o777), wish)).toMatchObject({ ok: false });
  });

  test("AC7 a link is as good as what it leads to", () => {
    const linkTo = (target: string) => {
      const link = join(folderForTest(), "link");
      symlinkSync(target, link);
      return link;
    };
    expect(privateFolder(linkTo(folderWith(0o700)), WISH)).toEqual({ ok: true });
    expect(privateFolder(linkTo(folderWith(0o777)), WISH)).toMatchObject({ ok: false });
  });

  test("AC7 a file in its place is said", () => {
    expect(privateFolder(process.execPath, WISH)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/cannot be made: EEXIST.*XDG_RUNTIME_DIR/),
    });
  });

  // Only root may give something away.
  describe.skipIf(!isRoot)("of another user (skipped where this is not root)", () => {
    const strange = { ok: false, message: expect.stringMatching(/belongs to another user \(65534\): choose another with XDG_RUNTIME_DIR/) };

    test("AC7 a folder is refused, also where it would be good to hold folders", () => {
      const path = folderWith(0o700);
      chownSync(path, STRANGER, STRANGER);
      expect(privateFolder(path, WISH)).toEqual(strange);
      chmodSync(path, 0o1777);
      expect(privateFolder(path, { ...WISH, onlyFolders: true })).toEqual(strange);
    });

    test("AC7 a link is refused, wherever it leads to now", () => {
      const link = join(folderForTest(), "link");
      symlinkSync(folderWith(0o700), link);
      lchownSync(link, STRANGER, STRANGER);
      expect(privateFolder(link, WISH)).toEqual(strange);
    });
  });
});

describe.skipIf(process.platform === "win32")("runcast run beside folders that others may write", () => {
  test.each(["hooks", "spool"] as const)(
    "AC7 PR6 a command goes on unwatched where that is the folder for %s, with one line about it",
    async (which) => {
      const room = await startRoom();
      const folder = folderForTest();
      const open = join(folder, which === "hooks" ? "runcast" : "events");
      mkdirSync(open);
      chmodSync(open, 0o777);
      const run = cli(["run", "--run", "open", ...script(`console.log("trained"); process.exitCode = 3`)], {
        folder,
        env: { RUNCAST_RELAY: room.url, RUNCAST_LOG_LEVEL: "warning", RUNCAST_SPOOL: join(folder, "events") },
      });
      expect(await run.closed).toEqual({ code: 3, signal: null });
      expect(run.stdout()).toBe("trained\n");
      const other = which === "hooks" ? "XDG_RUNTIME_DIR" : "RUNCAST_SPOOL";
      expect(run.stderr().match(/^runcast: .*$/gm)).toEqual([
        expect.stringMatching(`${open} .*\`chmod 700 ${open}\`, or choose another with ${other}; training goes on, unwatched until then$`),
      ]);
      expect(readdirSync(open)).toEqual([]);
      expect(room.events).toEqual([]);
    },
  );

  test("AC7 the relay's own folder in a shared one is refused where others may write it", async () => {
    const folder = folderForTest();
    const shared = join(folder, "shared");
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    const env = { RUNCAST_SPOOL: shared, RUNCAST_LOG_LEVEL: "error" };
    const first = cli(["run", "--run", "mine", "--", "true"], { folder, env });
    expect((await first.closed).code).toBe(0);
    expect(first.stderr()).toBe("");
    const [relay = ""] = readdirSync(shared);
    expect((statSync(join(shared, relay)).mode & 0o777).toString(8)).toBe("700");
    chmodSync(join(shared, relay), 0o733);
    const second = cli(["run", "--run", "other", "--", "true"], { folder, env });
    expect((await second.closed).code).toBe(0);
    expect(second.stderr()).toContain(`chmod 700 ${join(shared, relay)}`);
    expect(existsSync(join(shared, relay, "other.db"))).toBe(false);
  });

  test("AC7 once its folder is closed the run is recorded from its first line on", async () => {
    const room = await startRoom();
    const folder = folderForTest();
    const spool = join(folder, "events");
    mkdirSync(spool);
    chmodSync(spool, 0o777);
    const run = cli(["run", ...script(`console.log("first"); process.stdin.resume()`)], {
      folder,
      stdio: ["pipe", "pipe", "pipe"],
      env: { RUNCAST_RELAY: room.url, RUNCAST_SPOOL: spool },
    });
    await until(() => run.stderr().includes("chmod 700"), { what: "what to do" });
    chmodSync(spool, 0o700);
    await until(() => logMessages(room.events).includes("first"), { what: "the first line" });
    run.child.stdin?.end();
    expect((await run.closed).code).toBe(0);
  });
});
