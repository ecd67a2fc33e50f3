import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { lineOf } from "../../../agent/cli/runs.ts";
import { RUNS_COLUMNS, runCells } from "../../../agent/cli/runs-columns.ts";
import { layOut } from "../../../agent/cli/table.ts";
import type { RunSummary } from "../../../protocol/index.ts";
import { cli } from "../support/cli.ts";
import { inTerminal } from "../support/terminal.ts";

const AT = "2026-11-23T10:00:00.000Z";

function summary(more: Partial<RunSummary> = {}): RunSummary {
  const progress = { type: "training_progress", global_step: 1550, step: 50, epoch: 3, max_step: 500, max_epoch: 10 };
  const base = { run: "2026-11-23-train-k3v9x", name: "Ada's run", status: "running", created_at: AT, updated_at: AT };
  return { ...base, viewers: 2, agent_connected: true, progress, ...more };
}

const AWAY = summary({ run: "away", name: null, status: "running", viewers: 0, agent_connected: false, progress: null });

/** A list as a relay gives it. @returns the address */
async function relayWith(runs: readonly RunSummary[]): Promise<string> {
  const server = createServer((request, response) => {
    const known = request.url === "/api/runs" && request.headers.authorization?.startsWith("Bearer ");
    response.writeHead(known ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify({ runs }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function listed(runs: readonly RunSummary[], args: string[] = []) {
  const program = cli(["runs", ...args], { env: { RUNCAST_RELAY: await relayWith(runs) } });
  const { code } = await program.closed;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

const table = (runs: readonly RunSummary[], width: number) =>
  layOut(
    RUNS_COLUMNS,
    runs.map((run) => runCells(lineOf(run), Date.parse(AT) + 300_000)),
    width,
    process.stdout,
  );

describe("runcast runs", () => {
  test("CL1 into a pipe a run is a line of fields between tabs, and what is not told is empty", async () => {
    const { code, stdout, stderr } = await listed([summary(), AWAY]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n").map((line) => line.split("\t"))).toEqual([
      ["2026-11-23-train-k3v9x", "Ada's run", "running", "1550", "5000", "31", "2", "online", AT],
      ["away", "", "running", "", "", "", "0", "offline", AT],
      [""],
    ]);
  });

  test("CL1 --json is an object a line; where the agent is away it has since when", async () => {
    const { stdout } = await listed([summary(), AWAY], ["--json"]);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines[0]).toEqual({
      ...{ run: "2026-11-23-train-k3v9x", name: "Ada's run", status: "running", step: 1550, steps: 5000, percent: 31 },
      ...{ viewers: 2, agent_connected: true, agent_last_heard: null, created_at: AT, updated_at: AT },
    });
    expect(lines[1]).toMatchObject({ run: "away", step: null, percent: null, agent_connected: false, agent_last_heard: AT });
  });

  test.each([[[]], [["--json"]]])("CL1 an empty list says how to attach a trainer, and nothing on stdout: %j", async (args) => {
    const told = await listed([], args);
    expect(told).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("runcast run -- python") });
  });

  test("CL1 a name with control characters neither ends a line nor reaches the terminal", async () => {
    const { stdout } = await listed([summary({ name: "a\tb\nc\u001b[2Jd\u202ee" })]);
    expect(stdout.split("\n")[0]?.split("\t")[1]).toBe("a b c [2Jd e");
  });

  test("CL1 a relay that is not there is told in one line", async () => {
    const away = cli(["runs"]);
    expect((await away.closed).code).toBe(1);
    expect([away.stdout(), away.stderr()]).toEqual(["", "runcast: nothing answers at the relay's address (unreachable)\n"]);
  });

  test.each([[{}], [{ NO_COLOR: "1" }]])("CL1 at a terminal it is a table, with colours unless NO_COLOR: %j", async (env) => {
    const terminal = inTerminal(["runs", "--relay", await relayWith([summary(), AWAY])], { TERM: "xterm", ...env });
    await terminal.closed;
    expect(terminal.output()).toMatch(/RUN.*STATUS/);
    expect(terminal.output().includes("\u001b[32mrunning")).toBe(!("NO_COLOR" in env));
  });
});

describe("the table of runs", () => {
  test("CL1 has its columns in line, and says since when an agent is away", () => {
    expect(table([summary(), AWAY, summary({ run: "done", status: "completed", agent_connected: false })], 120)).toEqual([
      "RUN                     NAME       STATUS          STEP   DONE  VIEWERS  AGENT              UPDATED",
      "2026-11-23-train-k3v9x  Ada's run  running    1550/5000  31.0%        2  online             5 min ago",
      "away                               running                            0  offline for 5 min  5 min ago",
      "done                    Ada's run  completed  1550/5000  31.0%        2  ended              5 min ago",
    ]);
  });

  test("CL1 is never wider than the terminal while the id fits, and never cuts the id", () => {
    const runs = [summary({ name: "絵を描く、とても長い名前 🎨 of a training of many words" }), AWAY];
    for (let width = 200; width > 0; width--) {
      const [heading = "", first = ""] = table(runs, width);
      expect(first.startsWith("2026-11-23-train-k3v9x")).toBe(true);
      const wide = [...first].filter((character) => /[\u3000-\u9fff\u{1f3a8}]/u.test(character)).length;
      expect(Math.max(heading.length, [...first].length + wide)).toBeLessThanOrEqual(Math.max(width, 22));
    }
  });

  test("CL1 percent is full only when all is done", () => {
    const last = { type: "training_progress", global_step: 9999, step: 999, epoch: 9, max_step: 1000, max_epoch: 10 };
    expect(lineOf(summary({ progress: last })).percent).toBe(99.9);
    expect(lineOf(summary({ progress: { ...last, step: 1000 } })).percent).toBe(100);
    expect(lineOf(summary({ progress: { type: "training_progress", step: 7 } }))).toMatchObject({ step: 7, steps: null, percent: null });
  });
});
