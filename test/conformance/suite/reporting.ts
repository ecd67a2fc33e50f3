import assert from "node:assert/strict";
import { totalmem } from "node:os";
import type { StoredEvent } from "../../../protocol/index.ts";
import { recordedCalls, recordedScalars } from "../../support/recordings.ts";
import { conform, type Traits } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { messages, range, withoutHole } from "../support/events.ts";
import { python, trainer } from "../support/runcast.ts";
import { exists, ofType, scalarsOf, watch } from "../support/watched.ts";

const PYTHON: Traits = { needs: ["python"] };

/** Runs a Python program with the explicit API to its end. */
async function reported(at: Context, program: string): Promise<StoredEvent[]> {
  const { code, events } = await (await watch(at, python(program))).over();
  assert.equal(code, 0);
  withoutHole(events, 1, events.length);
  return events;
}

/** Replays a recording of a real run as fast as it goes. */
async function replayed(at: Context, recording: string, exitCode = 0): Promise<StoredEvent[]> {
  const { code, events } = await (await watch(at, trainer(recording, "--speed", "0"))).over();
  assert.equal(code, exitCode);
  withoutHole(events, 1, events.length);
  return events;
}

const number = (value: unknown): number => {
  assert.equal(typeof value, "number");
  return value as number;
};

/** Progress while the training went on: once it has ended, no time is left, whatever was known of it. */
function underWay(events: readonly StoredEvent[]): StoredEvent[] {
  return ofType(events, "training_progress").filter(({ eta_seconds }) => eta_seconds !== 0);
}

/** EV1–EV7: what the agent makes of a trainer, seen at the relay. */
export const reporting = [
  conform(
    "EV1 of what the newest wins at most ten a second go out, the first and the last among them; nothing else is thinned",
    async (at) => {
      const program = `
import runcast, time
began = time.time()
for n in range(1, 1001):
    runcast.progress(n, max_step=1000, max_epoch=1)
    runcast.log({"loss": 1 / n}, n)
    if n % 10 == 0:
        runcast.log(f"line {n}")
        time.sleep(0.02)
runcast.finish()`;
      const began = performance.now();
      const events = await reported(at, program);
      const seconds = (performance.now() - began) / 1000;
      const steps = ofType(events, "training_progress").map((event) => event.global_step);
      assert.ok(steps.length <= seconds * 10 + 2, `${steps.length} in ${seconds.toFixed(1)} s`);
      assert.deepEqual([steps[0], steps.at(-1)], [1, 1000]);
      assert.equal(scalarsOf(events).length, 1000);
      assert.deepEqual(
        messages(ofType(events, "log")),
        range(1, 100).map((n) => `line ${n * 10}`),
      );
    },
    PYTHON,
  ),

  conform(
    "EV2 a loss that is NaN, and infinities, come from the trainer to the viewer as they are",
    async (at) => {
      const program = `
import runcast
runcast.log({"loss": float("nan"), "up": float("inf"), "down": float("-inf"), "fine": 0.1}, 3)
runcast.log({"fine": 0.2}, 4)
runcast.finish()`;
      const scalars = scalarsOf(await reported(at, program));
      assert.deepEqual(scalars.toSorted(), ["down 3 -Infinity", "fine 3 0.1", "fine 4 0.2", "loss 3 NaN", "up 3 Infinity"]);
    },
    PYTHON,
  ),

  ...(
    [
      ["from its beginning", 1],
      ["resumed at step 900 of 960", 901],
    ] as const
  ).map(([what, first]) =>
    conform(
      `EV3 the time that is left, of a run ${what}: null at first, then a range that fits its own pace`,
      async (at) => {
        const program = `
import runcast, time
for n in range(${first}, ${first + 50}):
    runcast.progress(n, epoch=n // 320, epoch_step=n % 320, max_step=320, max_epoch=3)
    time.sleep(0.05)
runcast.finish()`;
        const progress = underWay(await reported(at, program));
        assert.equal(progress[0]?.eta_seconds, null);
        const told = progress.filter((event) => event.eta_seconds !== null && event.eta_seconds !== undefined);
        assert.ok(told.length > 5, `${told.length} of ${progress.length} say how long it will take`);
        for (const event of told) {
          const eta = number(event.eta_seconds);
          assert.ok(number(event.eta_low_seconds) <= eta && eta <= number(event.eta_high_seconds), JSON.stringify(event));
          const left = (960 - number(event.global_step)) / number(event.steps_per_second);
          assert.ok(eta > left / 3 && eta < left * 3, `${eta} s, where its pace and its steps say ${left.toFixed(1)}`);
        }
      },
      PYTHON,
    ),
  ),

  conform(
    "EV3 without a known end there is no time that is left",
    async (at) => {
      const program = `
import runcast, time
for n in range(30):
    runcast.progress(n)
    time.sleep(0.03)
runcast.finish()`;
      for (const { eta_seconds } of underWay(await reported(at, program))) assert.equal(eta_seconds ?? null, null);
    },
    PYTHON,
  ),

  conform(
    "EV4, EV7 statuses are told on change alone, by the table, though the trainer says Training at every step",
    async (at) => {
      const statuses = ofType(await replayed(at, "full"), "training_status");
      const whole = statuses.map(({ status, phase, message, error }) => JSON.stringify([status, phase, message, error]));
      for (const [index, one] of whole.entries()) assert.notEqual(one, whole[index - 1], "said twice");
      const training = recordedCalls("full").filter(({ status }) => status === "Training ...").length;
      assert.ok(training > statuses.filter(({ phase }) => phase === "training").length);
      assert.deepEqual(
        new Set(statuses.map(({ status, phase }) => `${status}/${phase}`)),
        new Set([
          "starting/null",
          "starting/loading",
          "starting/setup",
          "starting/caching",
          "running/caching",
          "running/training",
          "running/sampling",
          "running/validating",
          "running/backup",
          "running/saving",
          "stopping/saving",
          "completed/null",
        ]),
      );
    },
    PYTHON,
  ),

  conform(
    "EV5 console output becomes log events: lines with their stream, a bar's last state, no control characters, long lines cut",
    async (at) => {
      const program = `
import sys, time
print("plain \\x1b[31mred\\x1b[0m \\x07bell")
print("to stderr", file=sys.stderr)
for n in range(0, 101):
    sys.stderr.write(f"\\rsteps: {n:3d}%|{'#' * (n // 10):10s}| {n}/100 [00:{n // 10:02d}<00:10, 9.87it/s]")
    sys.stderr.flush()
    time.sleep(0.02)
sys.stderr.write("\\n")
print("x" * 20000)
print("no newline", end="")`;
      const started = await watch(at, python(program));
      const { events } = await started.over();
      const logs = ofType(events, "log");
      for (const { message } of logs) {
        assert.ok(Buffer.byteLength(String(message)) <= 8192, "a line has 8 KiB at most");
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
        assert.doesNotMatch(String(message).replaceAll(/\u001b\[[0-9;]*m/g, ""), /[\u0000-\u0008\u000a-\u001f\u007f]/);
      }
      const find = (text: string) => logs.filter(({ message }) => String(message).includes(text));
      assert.partialDeepStrictEqual(find("red")[0], { source: "stdout" });
      assert.partialDeepStrictEqual(find("to stderr")[0], { source: "stderr", message: "to stderr" });
      assert.equal(find("no newline").length, 1);
      const bars = logs.filter(({ progress }) => progress === true);
      assert.ok(bars.length >= 1 && bars.length <= 10, `${bars.length} states of a bar that moved 101 times in about two seconds`);
      assert.match(String(bars.at(-1)?.message), /100\/100/);
      assert.equal(new Set(bars.map(({ bar }) => bar)).size, 1, "one bar has one name");
      assert.match(String(find("xxx")[0]?.message), /^x{7000,}.*[^x]/, "a line that was cut says so");
    },
    PYTHON,
  ),

  conform("EV6 the machine is told as it is: a figure that it does not give is absent", async (at) => {
    const started = await watch(at, ["--", process.execPath, "-e", "process.stdin.resume()"]);
    await exists(at);
    const viewer = await at.viewer("?events=system_stats");
    const stats = await viewer.nextEvent(({ type }) => type === "system_stats", 30_000);
    const ram = number(stats.ram_total_gb);
    assert.ok(ram > 0 && ram <= totalmem() / 1024 ** 3 + 0.1, `${ram} GB`);
    assert.ok(number(stats.ram_used_gb) <= ram);
    assert.ok(number(stats.cpu_percent) >= 0 && number(stats.cpu_percent) <= 100);
    const gpus = stats.gpus as { memory_total_gb?: number }[] | undefined;
    assert.equal("gpu_memory_total_gb" in stats, gpus?.[0]?.memory_total_gb !== undefined, "figures of a GPU, and a GPU, or neither");
    assert.ok(!JSON.stringify(stats).includes("null"), "what is not known is left out");
    started.child.stdin?.end();
    assert.equal((await started.over()).code, 0);
  }),

  ...(
    [
      ["full", 0, "completed"],
      ["stopped", 0, "stopped"],
      ["nan", 1, "error"],
    ] as const
  ).map(([recording, code, end]) =>
    conform(
      `EV7 a recorded run (${recording}): every scalar once, in columns, the end as it was, and offsets without a hole`,
      async (at) => {
        const events = await replayed(at, recording, code);
        assert.deepEqual(scalarsOf(events).toSorted(), recordedScalars(recording));
        const last = ofType(events, "training_status").at(-1);
        assert.equal(last?.status, end);
        if (end === "error") assert.match(String(last?.error), /RuntimeError: Training loss became NaN/);
      },
      PYTHON,
    ),
  ),

  conform(
    "EV7 validation results have their label, and samples a picture that the relay has",
    async (at) => {
      const events = await replayed(at, "full");
      const results = ofType(events, "validation_result");
      const recorded = recordedCalls("full").filter(({ tag }) => tag?.startsWith("loss/validation_step/"));
      assert.deepEqual(
        results.map(({ step, label, validation_loss }) => `${label} ${step} ${validation_loss}`),
        recorded.map(({ tag, global_step, value }) => `${tag?.slice("loss/validation_step/".length)} ${global_step} ${value}`),
      );
      const samples = ofType(events, "sample_generated");
      assert.equal(samples.length, 7);
      for (const sample of samples) {
        for (const path of [String(sample.path), String(sample.thumbnail_path)]) {
          assert.ok(path.startsWith(`/api/runs/${at.run}/blobs/`), `${path} is no path on the relay`);
          const picture = await at.http(path, "viewer");
          assert.equal(picture.status, 200);
          assert.match(picture.headers.get("content-type") ?? "", /^image\//);
        }
      }
    },
    PYTHON,
  ),

  conform(
    "EV7 run_info tells of the run, without its secrets",
    async (at) => {
      const program = `
import runcast
runcast.init(name="My run", config={"rate": 0.5, "max_token_length": 77, "huggingface_token": "keep-me-private", "nested": {"api_key": "keep-me-private"}, "url": "https://me:keep-me-private@host/x", "list": ["hf_abcdefghijklmnopqrstuv"]})
runcast.log("hello")
runcast.finish()`;
      await reported(at, program);
      const { text, json } = await at.http(`/api/runs/${at.run}`, "viewer");
      assert.partialDeepStrictEqual(json, { name: "My run", run_info: { name: "My run", config: { rate: 0.5, max_token_length: 77 } } });
      assert.doesNotMatch(text, /keep-me-private|hf_abcdefgh/);
      for (const event of await at.log()) assert.doesNotMatch(JSON.stringify(event), /keep-me-private|hf_abcdefgh/);
    },
    PYTHON,
  ),
];
