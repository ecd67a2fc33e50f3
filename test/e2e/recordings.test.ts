import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordedCalls, recordedScalars } from "../support/recordings.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { allEvents, scalarsOf, upTo } from "./support/events.ts";
import { runcast, trainer } from "./support/runcast.ts";

let relay: Relay;
const folder = temporaryFolder();
beforeAll(async () => {
  relay = await startRelay();
});
afterAll(async () => {
  await relay.stop();
  folder.remove();
});

async function replay(recording: string, options: string[] = []) {
  const run = `replay-${recording}-${randomUUID().slice(0, 8)}`;
  const env = { RUNCAST_RELAY: relay.url, RUNCAST_TOKEN: await relay.token("agent", run) };
  const started = runcast(
    ["run", "--run", run, "--name", recording, ...options, ...trainer(recording, "--speed", "0", "--console")],
    folder.path,
    env,
  );
  const { code } = await started.exited;
  return { run, code, started, events: await allEvents(relay, run) };
}

describe("a recorded OneTrainer run, from the trainer's callbacks to a viewer", () => {
  test.each([
    ["full", 0, "completed"],
    ["stopped", 0, "stopped"],
    ["resumed", 0, "completed"],
    ["nan", 1, "error"],
  ])("EV2 %s: every scalar arrives once, and the run ends as it did", async (recording, exitCode, status) => {
    const { code, events } = await replay(recording);
    expect(code).toBe(exitCode);
    expect(events.map((event) => event.offset)).toEqual(upTo(events.length));
    expect(scalarsOf(events)).toEqual(recordedScalars(recording));
    const statuses = events.filter((event) => event.type === "training_status");
    expect(statuses.at(-1)).toMatchObject({ status });
    if (recording === "nan") expect(statuses.at(-1)?.error).toContain("RuntimeError: Training loss became NaN");
    const steps = recordedCalls(recording).filter((call) => call.call === "on_update_train_progress");
    const last = steps.at(-1)?.train_progress;
    const progress = events.filter((event) => event.type === "training_progress").at(-1);
    expect(progress).toMatchObject({
      global_step: last?.global_step,
      epoch: last?.epoch,
      step: last?.epoch_step,
      max_step: 8,
      max_epoch: 3,
    });
  });

  test("EV4 statuses are told on change alone, though OneTrainer says Training at every step", async () => {
    const { events } = await replay("full");
    const statuses = events.filter((event) => event.type === "training_status");
    const whole = statuses.map(({ status, phase, message, error }) => JSON.stringify([status, phase, message, error]));
    for (const [index, status] of whole.entries()) expect(status).not.toBe(whole[index - 1]);
    expect(new Set(statuses.map(({ status, phase }) => `${status}/${phase}`))).toEqual(
      new Set([
        ...["starting/null", "starting/loading", "starting/setup", "starting/caching", "running/sampling", "running/training"],
        ...["running/validating", "running/backup", "running/saving", "running/caching", "stopping/saving", "completed/null"],
      ]),
    );
  });

  test("PR4 every sample is announced with a picture that the relay has, byte for byte, and a small WebP of it", async () => {
    const { run, events } = await replay("full");
    const samples = events.filter((event) => event.type === "sample_generated");
    expect(samples.map((sample) => [sample.step, sample.sample_type, sample.prompt])).toEqual([
      [0, "default", "a red circle"],
      [0, "default", "a blue square"],
      [4, "custom", null],
      [8, "default", "a red circle"],
      [8, "default", "a blue square"],
      [16, "default", "a red circle"],
      [16, "default", "a blue square"],
    ]);
    const headers = { Authorization: `Bearer ${await relay.token("viewer", run)}` };
    for (const sample of samples) {
      const picture = await fetch(`${relay.url}${sample.path}`, { headers });
      expect(picture.headers.get("content-type")).toBe("image/jpeg");
      const bytes = Buffer.from(await picture.arrayBuffer());
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(sample.sha256);
      expect(sample).toMatchObject({ width: 64, height: 64, media_type: "image/jpeg" });
      const thumbnail = await fetch(`${relay.url}${sample.thumbnail_path}`, { headers });
      expect(thumbnail.headers.get("content-type")).toBe("image/webp");
    }
  });

  test("PR6 the trainer's own output passes through untouched", async () => {
    const { started } = await replay("full");
    const pieces = readFileSync(new URL("../recordings/full.console.ndjson", import.meta.url), "utf8")
      .trim()
      .split("\n");
    const written = { stdout: "", stderr: "" };
    for (const piece of pieces.map((line) => JSON.parse(line) as { stream?: "stdout" | "stderr"; data?: string })) {
      if (piece.stream) written[piece.stream] += piece.data;
    }
    expect(started.stdout()).toBe(written.stdout);
    expect(started.stderr()).toContain(written.stderr);
  });
});

test("AC2 --no-console, --no-samples and --redact keep it on this machine: no line, no picture, and nothing that matches", async () => {
  const { run, events } = await replay("full", [
    "--no-console",
    "--no-samples",
    "--redact",
    "red circle|stable.diffusion",
    "--redact",
    "lora",
  ]);
  expect(events.some(({ type, source }) => type === "log" && (source === "stdout" || source === "stderr"))).toBe(false);
  expect(events.some(({ type }) => type === "sample_generated")).toBe(false);
  expect(events.filter(({ type }) => type === "metrics").length).toBeGreaterThan(0);
  const all = JSON.stringify([events, await detail(run)]);
  expect(all).not.toMatch(/red circle|stable.diffusion|lora/i);
  expect(all).toContain("[redacted]");
});

async function detail(run: string): Promise<unknown> {
  const headers = { Authorization: `Bearer ${await relay.token("viewer", run)}` };
  return (await fetch(`${relay.url}/api/runs/${run}`, { headers })).json();
}
