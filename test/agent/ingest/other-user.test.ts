import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";
import { cli, script } from "../support/cli.ts";

/** `nobody`, on every system that has one. */
const STRANGER = 65_534;
const isRoot = process.getuid?.() === 0;

/** Runs a Node program as another user. @returns what it prints, parsed */
function asStranger(code: string): Promise<unknown> {
  // Not from a folder that it may not enter.
  const child = spawn(process.execPath, ["-e", code], { uid: STRANGER, gid: STRANGER, cwd: "/", stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(JSON.parse(text)));
  });
}

// Only root may become somebody else.
test.skipIf(!isRoot)(
  "AC7 another user of the machine can neither read what the agent keeps nor feed a run (skipped where this is not root)",
  async () => {
    // Open to all, as a home folder often is: what lies in it has to be closed by itself.
    const folder = folderForTest();
    chmodSync(folder, 0o755);
    // And so is the one that the user has named for the spool.
    const spool = join(folder, "spool");
    mkdirSync(spool);
    chmodSync(spool, 0o755);
    const trainer = script("console.log(process.env.RUNCAST_HOOK_FILE); setTimeout(() => {}, 60000)");
    const running = cli(["run", "--run", "private", ...trainer], { folder, env: { RUNCAST_SPOOL: spool } });
    const hookFile = await until(() => running.stdout().trim(), { what: "the hook file's name" });
    await until(() => existsSync(hookFile), { what: "the hook file" });
    const { port } = JSON.parse(readFileSync(hookFile, "utf8")) as { port: number };
    expect((statSync(hookFile).mode & 0o777).toString(8)).toBe("600");
    expect((statSync(dirname(hookFile)).mode & 0o777).toString(8)).toBe("700");

    const inSpool = () => readdirSync(spool, { recursive: true }).map(String);
    const database = await until(() => inSpool().find((name) => name.endsWith(".db")), { what: "the spool" });
    expect((statSync(join(spool, database)).mode & 0o077).toString(8)).toBe("0");
    const paths = [hookFile, join(spool, database)];
    const seen = await asStranger(`
    const fs = require("node:fs"), net = require("node:net");
    const read = (path) => { try { return fs.statSync(path).isDirectory() ? fs.readdirSync(path).length : fs.readFileSync(path, "utf8"); } catch (error) { return error.code; } };
    const socket = net.connect(${port}, "127.0.0.1");
    let said = "";
    socket.on("data", (bytes) => { said += bytes; });
    socket.on("error", () => {});
    socket.write(JSON.stringify({ type: "hello", protocol: 1, token: "x".repeat(43), session: "s", pid: 1, version: "0", python: "3" }) + "\\n");
    socket.write(JSON.stringify({ type: "log", n: 1, t: 0, level: "info", message: "not mine" }) + "\\n");
    socket.on("close", () => console.log(JSON.stringify({ read: ${JSON.stringify(paths)}.map(read), said: JSON.parse(said) })));`);
    expect(seen).toMatchObject({ read: ["EACCES", "EACCES"], said: { type: "error", code: "unauthorized" } });
    running.child.kill("SIGTERM");
    await running.exited;
  },
);
