import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { connect } from "../../client/index.ts";
import { endGroup } from "../../scripts/relay/process-group.ts";
import { ROOT } from "../../scripts/root.ts";
import { chromiumPath, startChromium } from "../support/chromium.ts";
import { type Program, runForTest } from "../support/program.ts";
import { folderForTest } from "../support/temporary.ts";
import { until } from "../support/until.ts";
import { runcast } from "./support/runcast.ts";

/** Where tokens and keys are meant to lie. */
const PRIVATE: ReadonlySet<string> = new Set(["secret", "owner-token"]);
const RUN = "logged";
/** A program that shows everything it can see, and then stays for a while. */
const TRAINER = "console.log('environment', JSON.stringify(process.env)); console.error('working'); setTimeout(() => {}, 600000);";

/** What was written by whom. */
type Written = { where: string; text: string };

/** Every file below a folder, databases too, as bytes. */
function filesIn(folder: string): Written[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !PRIVATE.has(entry.name));
  return files.map(({ parentPath, name }) => ({ where: join(parentPath, name), text: readFileSync(join(parentPath, name), "latin1") }));
}

/** Where the part of a token that proves it, or the key itself, stands. */
function found(secrets: Iterable<string>, written: readonly Written[]): string[] {
  return [...secrets].flatMap((secret) =>
    written.filter(({ text }) => text.includes(secret)).map(({ where, text }) => `${where}: …${around(text, secret)}`),
  );
}

function around(text: string, part: string): string {
  const at = text.indexOf(part);
  return text.slice(Math.max(0, at - 160), at);
}

const signatureOf = (token: string) => token.split(".")[2] ?? token;

/** What a relay says to one who comes with this. */
function knock(url: string, protocols: string[], headers: Record<string, string>, messages: string[] = []): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, protocols, { headers });
    let answers = 0;
    socket.on("error", () => resolve());
    socket.on("close", () => resolve());
    socket.on("open", () => {
      for (const message of messages) socket.send(message);
      if (messages.length === 0) socket.close();
    });
    // The welcome, and an answer to each.
    socket.on("message", () => {
      answers += 1;
      if (answers > messages.length) socket.close();
    });
  });
}

async function startRelayProgram(state: string, environment: NodeJS.ProcessEnv): Promise<{ program: Program; url: string; owner: string }> {
  const args = [join(ROOT, "scripts/start.ts"), "--no-demo", "--port", "0", "--verbose", "--state", state];
  const program = runForTest(process.execPath, args, { environment });
  const [, url = "", owner = ""] = await program.says(/^Open (\S+)\/#token=(\S+)$/m);
  return { program, url, owner };
}

test("AC2 a whole session, with every way a token can go, leaves none in any log, output, spool or database", async () => {
  const state = folderForTest();
  const spool = folderForTest();
  const environment = { ...process.env, RUNCAST_LOG_LEVEL: "debug" };
  const { program, url, owner } = await startRelayProgram(state, environment);
  const ws = url.replace(/^http/, "ws");
  const secret = readFileSync(join(state, "secret"), "utf8").trim();
  const tokens = new Set([owner]);
  const asOwner = { authorization: `Bearer ${owner}`, "content-type": "application/json" };
  const post = async (path: string, body: unknown) =>
    (await (await fetch(url + path, { method: "POST", headers: asOwner, body: JSON.stringify(body) })).json()) as {
      token: string;
      jti: string;
    };
  const make = async (role: string, expires_in = 600) => {
    const made = await post("/api/tokens", { role, runs: RUN, sub: "Ada", expires_in });
    tokens.add(made.token);
    return made;
  };

  const agentToken = (await make("agent")).token;
  const agent = runcast(["run", "--relay", url, "--run", RUN, "--", process.execPath, "-e", TRAINER], spool, {
    RUNCAST_LOG_LEVEL: "debug",
    RUNCAST_TOKEN: agentToken,
  });
  try {
    const begun = async () => (await fetch(`${url}/api/runs/${RUN}`, { headers: asOwner })).ok;
    await until(begun, { what: "the run", timeout_ms: 30_000 });
    const lines: string[] = [];
    const refreshed: string[] = [];
    const viewer = connect({
      url,
      run: RUN,
      token: async () => (await make("viewer", refreshed.length === 0 ? 3 : 600)).token,
      WebSocket,
      onEvent: (event) => event.type === "log" && lines.push(event.message),
      onAnswer: (answer) => answer.type === "refreshed" && refreshed.push(answer.expires_at),
    });
    await until(() => lines.some((text) => text.includes("working")), { what: "the trainer's lines", timeout_ms: 30_000 });
    await until(() => refreshed.length > 0, { what: "a refresh" });

    // Every way in, with a token that is good, one that nobody signed, one that is revoked and, at the end, one that has expired.
    const good = (await make("viewer")).token;
    const short = (await make("viewer", 1)).token;
    const revoked = await make("viewer");
    await fetch(`${url}/api/tokens/${revoked.jti}`, { method: "DELETE", headers: asOwner });
    const forged = `${good.split(".").slice(0, 2).join(".")}.${"Zm9yZ2Vk".repeat(6)}`;
    tokens.add(forged);
    await until(() => Date.now() > Date.parse(refreshed[0] ?? "") - 600_000, { what: "time", timeout_ms: 10_000 });
    for (const token of [good, forged, revoked.token, short]) {
      const messages = [
        JSON.stringify({ type: "refresh", token: [token] }),
        JSON.stringify({ type: "refresh", token }),
        JSON.stringify({ type: token }),
        JSON.stringify({ type: "subscribe", events: [token, token.slice(-40)] }),
        token,
      ];
      const socket = `${ws}/runs/${RUN}/ws`;
      await knock(socket, ["runcast.v1.json"], { authorization: `Bearer ${token}` }, messages);
      await knock(socket, ["runcast.v1.json", `bearer.${token}`], {});
      await knock(`${socket}?token=${token}`, ["runcast.v1.json"], {});
      await knock(`${ws}/ws?run=${RUN}&token=${token}`, [], {});
      await knock(socket, ["runcast.v1.json"], { cookie: `runcast_session=${token}; other=${token}`, origin: url });
      await fetch(`${url}/api/session`, {
        method: "POST",
        body: JSON.stringify({ token }),
        headers: { "content-type": "application/json" },
      });
      await fetch(`${url}/api/session`, { method: "POST", body: JSON.stringify({ token: [token] }) });
      for (const path of [
        `/api/runs/${token}`,
        `/api/runs/${RUN}/samples/${token}`,
        `/nowhere/${token}`,
        `/api/${token}?token=${token}`,
        `/runs/${token}/ws`,
        `/api/tokens/${token}`,
        `/api/runs/${RUN}/events?before=${token}&token=${token}`,
      ])
        for (const method of ["GET", "DELETE"])
          await fetch(url + path, { method, headers: { ...asOwner, referer: `${url}/?token=${token}` } });
    }
    const share = await post(`/api/runs/${RUN}/share`, { role: "viewer", expires_in: 600 });
    tokens.add(share.token);

    const told: string[] = [];
    if (chromiumPath !== undefined) {
      const browser = await startChromium();
      const page = await browser.newPage();
      page.on("console", (message) => told.push(message.text(), JSON.stringify(message.location())));
      page.on("pageerror", (error) => told.push(error.message, error.stack ?? ""));
      for (const address of [`#token=${share.token}`, `?token=${good}`, `?token=${revoked.token}`, `#token=${forged}`]) {
        await page.goto(`${url}/runs/${RUN}${address}`);
        await page
          .getByText(/working|was revoked|does not accept/)
          .first()
          .waitFor();
      }
      await browser.close();
    }

    const group = JSON.parse(readFileSync(join(state, "relay.json"), "utf8")).group as number;
    endGroup(group);
    await program.says(/The relay is back/);
    await until(() => viewer.state.kind === "live", { what: "the viewer's return", timeout_ms: 30_000 });
    viewer.close();
    agent.child.kill("SIGINT");
    await agent.exited;
    program.child.kill("SIGTERM");
    await program.ended;

    const meant = (text: string) => text.replace(/(http\S+#token=)\S+/, "$1[meant]");
    const written: Written[] = [
      { where: "npm start, stdout", text: meant(program.stdout) },
      { where: "npm start, stderr", text: program.stderr },
      { where: "runcast run, stdout", text: agent.stdout() },
      { where: "runcast run, stderr", text: meant(agent.stderr()) },
      { where: "the page's console", text: told.join("\n") },
      ...filesIn(state),
      ...filesIn(spool),
    ];
    // What is looked at is really there: the relay's log at level debug, and a database.
    expect(program.stderr).toContain('"level":"debug"');
    expect(written.map(({ where }) => where).filter((where) => where.endsWith(".sqlite"))).not.toEqual([]);
    expect(found([secret, ...[...tokens].map(signatureOf)], written)).toEqual([]);
  } finally {
    agent.child.kill("SIGKILL");
  }
}, 180_000);
