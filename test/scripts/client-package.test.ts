import { spawnSync } from "node:child_process";
import { cpSync, existsSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runProgram } from "../../scripts/program.ts";
import { ROOT } from "../../scripts/root.ts";
import { batchMessage, welcomeMessage } from "../client/messages.ts";
import { ScriptedRoom } from "../client/scripted-room.ts";
import { runForTest } from "../support/program.ts";
import { temporaryFolder } from "../support/temporary.ts";

/** A program of somebody who has installed the package, and `ws` for a Node without a WebSocket of its own. */
const PROGRAM = `
import { connect } from "runcast/client";
import { fromWire } from "runcast/protocol";
import { WebSocket } from "ws";
const options = { url: process.argv[2], run: "r1", token: "a.b.c" };
try {
  connect(options);
} catch (error) {
  console.log(String(error));
}
const connection = connect({ ...options, WebSocket });
for await (const received of connection) {
  if (received.kind !== "event") continue;
  console.log(received.event.message, fromWire("Infinity"));
  connection.close();
}
`;

/** The oldest Node that the client runs on, where this machine has it, and the one that runs the tests. */
const nodes = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "node"));
const oldest = nodes.find((path) => existsSync(path) && versionOf(path).startsWith("v20."));
const present = [process.execPath, ...(oldest === undefined ? [] : [oldest])].map((path) => [versionOf(path), path] as const);

function versionOf(path: string): string {
  return spawnSync(path, ["--version"], { encoding: "utf8" }).stdout?.trim() ?? "";
}

test("the example follows a run", async () => {
  const room = await ScriptedRoom.start();
  const program = runForTest(process.execPath, ["examples/watch.ts", room.url, "r1"]);
  const socket = await room.connection();
  expect(socket.url.searchParams.get("events")).toBe("log,training_status,training_progress");
  socket.send(welcomeMessage({}), batchMessage([1], 1));
  await program.says(/^line 1$/m);
  socket.close(4104);
  expect(await program.ended).toBe(0);
  expect(program.stderr).toBe("connecting\nlive\nclosed: the run was deleted\n");
  await room.stop();
});

describe("the built client, imported as an installed package is", () => {
  const folder = temporaryFolder();
  beforeAll(async () => {
    const config = { extends: join(ROOT, "tsconfig.build.json"), include: [join(ROOT, "protocol"), join(ROOT, "client")] };
    writeFileSync(join(folder.path, "tsconfig.json"), JSON.stringify({ ...config, compilerOptions: { outDir: "dist", rootDir: ROOT } }));
    symlinkSync(join(ROOT, "node_modules"), join(folder.path, "node_modules"), "junction");
    cpSync(join(ROOT, "package.json"), join(folder.path, "package.json"));
    writeFileSync(join(folder.path, "program.js"), PROGRAM);
    const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const compiled = await runProgram(process.execPath, [compiler, "-p", join(folder.path, "tsconfig.json")]);
    expect(compiled).toMatchObject({ code: 0 });
    return () => folder.remove();
  });

  test.each(present)("on Node %s it says that it wants a WebSocket, and works with the one of ws", async (version, node) => {
    const room = await ScriptedRoom.start();
    // Later Nodes have one of their own, unless they are told not to.
    const flags = version.startsWith("v20.") ? [] : ["--no-experimental-websocket"];
    const program = runForTest(node, [...flags, join(folder.path, "program.js"), room.url]);
    const socket = await room.connection();
    socket.send(welcomeMessage({}), batchMessage([1], 1));
    expect(await program.ended).toBe(0);
    expect(program.stdout).toBe("TypeError: there is no WebSocket in this environment: give one as `WebSocket`\nline 1 Infinity\n");
    await room.stop();
  });
});
