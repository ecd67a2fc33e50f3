import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../support/until.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { underWay, whole } from "../support/training.ts";
import { ofType, watch } from "../support/watched.ts";

/** Runs a shell's words under `runcast run`, to their end. */
async function shell(at: Context, words: string) {
  const started = await watch(at, ["--", "sh", "-c", words]);
  const { code, events } = await started.over();
  return { code, events, stdout: started.stdout(), stderr: started.stderr() };
}

/** CL1: the command as far as it can tell; HL1: its end as it was. */
export const commandLine = [
  ...(
    [
      ["exit 0", 0, "completed", null],
      ["exit 3", 3, "error", /3/],
      ["kill -9 $$", 137, "error", /SIGKILL/],
      ["kill -15 $$", 143, "error", /SIGTERM/],
    ] as const
  ).map(([words, code, status, error]) =>
    conform(
      `CL1, HL1 the command's end is the launcher's, and the run's: ${words}`,
      async (at) => {
        const ended = await shell(at, words);
        assert.equal(ended.code, code);
        const last = ofType(ended.events, "training_status").at(-1);
        assert.equal(last?.status, status);
        if (error) assert.match(String(last?.error), error);
      },
      { needs: ["linux"] },
    ),
  ),

  conform("CL1 input and output are the command's, byte for byte", async (at) => {
    const program = `process.stdout.write("out\\r\\0\\x1b[A no end"); process.stderr.write("err\\n"); process.stdin.pipe(process.stdout)`;
    const started = await watch(at, ["--", process.execPath, "-e", program]);
    started.child.stdin?.end("from stdin");
    assert.equal((await started.over()).code, 0);
    assert.equal(started.stdout(), "out\r\0\x1b[A no endfrom stdin");
    assert.match(started.stderr(), /^err$/m);
    assert.match(started.stderr(), /watch this run: http/);
  }),

  conform(
    "CL1 a command that is not there gives 127, one that may not be executed 126, and neither makes a run",
    async (at) => {
      const plain = join(at.folder(), "plain.txt");
      writeFileSync(plain, "no program");
      chmodSync(plain, 0o644);
      for (const [command, code] of [
        ["no-such-command-here", 127],
        [plain, 126],
      ] as const) {
        const started = await watch(at, ["--", command]);
        assert.equal((await started.closed).code, code, started.stderr());
        assert.equal(started.stdout(), "");
      }
      assert.equal((await at.http(`/api/runs/${at.run}`, "viewer")).status, 404);
    },
    { needs: ["linux"] },
  ),

  ...(
    [
      [["run"], "missing"],
      [["run", "--nope", "--", "true"], "unknown option"],
      [["run", "--run", "no/slash", "--token", "t", "--", "true"], "no run id"],
      [["run", "--relay", "ftp://x", "--", "true"], "http"],
      [["nonsense"], "unknown command"],
    ] as const
  ).map(([args, words]) =>
    conform(`CL1 wrong usage gives 2, in words, with nothing on stdout: runcast ${args.join(" ")}`, async (at) => {
      const started = at.runcast(args);
      assert.equal((await started.closed).code, 2);
      assert.ok(started.stderr().includes(words), started.stderr());
      assert.equal(started.stdout(), "");
    }),
  ),

  conform(
    "CL1 a signal to the launcher reaches the command, and the run ends as stopped",
    async (at) => {
      const program = `process.on("SIGTERM", () => { console.log("asked to end"); process.exit(0); }); process.stdin.resume(); console.log("ready")`;
      const started = await watch(at, ["--", process.execPath, "-e", program]);
      await until(() => started.stdout().includes("ready"), { what: "the command", timeout_ms: 30_000 });
      started.child.kill("SIGTERM");
      const { code, events } = await started.over();
      assert.equal(code, 0);
      assert.match(started.stdout(), /asked to end/);
      assert.equal(ofType(events, "training_status").at(-1)?.status, "stopped");
    },
    { needs: ["linux"] },
  ),

  conform(
    "CL1 kill -9 of the launcher does not end the training, nor what is told of it",
    async (at) => {
      const started = await underWay(at);
      const viewer = await at.viewer("?events=training_status");
      started.child.kill("SIGKILL");
      await started.endWhenSeen();
      await viewer.nextEvent(({ status }) => status === "completed", 60_000);
      whole(await at.log());
    },
    { needs: ["python", "linux"] },
  ),
];
