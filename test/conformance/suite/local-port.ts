import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { hookFile } from "../../../protocol/index.ts";
import { until } from "../../support/until.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { messages } from "../support/events.ts";
import { exists, watch } from "../support/watched.ts";

type Talk = { answers: string; closed: boolean };

/** What the agent's port says to a few lines, until it closes or is done. */
function talk(host: string, port: number, text: string): Promise<Talk> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.write(text));
    let answers = "";
    socket.setEncoding("utf8").on("data", (piece: string) => {
      answers += piece;
    });
    socket.on("close", () => resolve({ answers, closed: true }));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" ? resolve({ answers, closed: true }) : reject(error),
    );
    socket.setTimeout(20_000, () => socket.destroy(new Error(`the port keeps a connection that it should not; it said: ${answers}`)));
  });
}

const hookHello = (token: string) =>
  `${JSON.stringify({ type: "hello", protocol: 1, token, session: "s", pid: process.pid, version: "0", python: "3" })}\n`;

/** Starts a command that waits, and reads the file by which its hook would find the agent. */
async function withPort(at: Context) {
  const show = `process.stdout.write(process.env.RUNCAST_HOOK_FILE + "\\n"); process.stdin.resume()`;
  const started = await watch(at, ["--", process.execPath, "-e", show]);
  const path = await until(() => /^(.+)\n/.exec(started.stdout())?.[1], { what: "the name of the hook's file", timeout_ms: 30_000 });
  return { started, path, ...hookFile.parse(JSON.parse(readFileSync(path, "utf8"))) };
}

/** AC7: the agent's local port. */
export const localPort = [
  conform(
    "AC7 the token for the local port stands in a file that its owner alone can read, and the port is loopback's alone",
    async (at) => {
      const { path, host, port, token } = await withPort(at);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.ok(token.length >= 32);
      assert.equal(host, "127.0.0.1");
      const others = Object.values(networkInterfaces())
        .flatMap((each) => each ?? [])
        .filter(({ internal, family }) => !internal && family === "IPv4");
      for (const { address } of others) await assert.rejects(talk(address, port, ""), /ECONNREFUSED/, `the port listens on ${address}`);
    },
    { needs: ["linux"] },
  ),

  conform("AC7 a wrong token is told so, and the connection ends; the right one is taken", async (at) => {
    const { host, port, token } = await withPort(at);
    for (const wrong of ["wrong", "", `${token}x`, token.slice(0, -1)]) {
      const { answers } = await talk(host, port, hookHello(wrong));
      assert.match(answers, /"code":"unauthorized"/, `with ${wrong.length} characters`);
    }
    const unheard = await talk(host, port, `${JSON.stringify({ type: "log", n: 1, t: 1, level: "info", message: "unasked" })}\n`);
    assert.match(unheard.answers, /"type":"error"/);
    const socket = connect(port, host, () => socket.write(hookHello(token)));
    const answer = await new Promise<string>((resolve, reject) =>
      socket.once("data", (data) => resolve(String(data))).once("error", reject),
    );
    socket.destroy();
    assert.match(answer, /"type":"ready"/);
    await exists(at);
    assert.ok(!messages(await at.log()).includes("unasked"));
  }),

  conform("AC7 a line without an end is not kept: the connection ends past its bound", async (at) => {
    const { host, port } = await withPort(at);
    const { closed } = await talk(host, port, "x".repeat(5 * 1024 * 1024));
    assert.ok(closed);
  }),
];
