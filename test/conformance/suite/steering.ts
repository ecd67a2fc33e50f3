import assert from "node:assert/strict";
import { conform } from "../support/case.ts";
import { python, trainer } from "../support/runcast.ts";
import { exists, ofType, watch } from "../support/watched.ts";

/** CM3, and CM1 to its end: what an operator asks, and what shows in the trainer. */
export const steering = [
  conform(
    "CM3 a stop is applied when the trainer has taken it up, with the step; the run ends as stopped",
    async (at) => {
      const started = await watch(at, trainer("full", "--speed", "2"));
      await exists(at);
      const viewer = await at.viewer("?replay=0", { role: "operator" });
      await viewer.nextEvent(({ type, global_step }) => type === "training_progress" && Number(global_step) >= 2, 60_000);
      viewer.send({ type: "command", id: "stop-1", command: "stop" });
      const applied = await viewer.nextEvent(({ type, state }) => type === "command_status" && state === "applied", 60_000);
      assert.ok(Number(applied.global_step) >= 2);
      const { code, events } = await started.over();
      assert.equal(code, 0);
      assert.deepEqual(
        ofType(events, "command_status").map(({ state }) => state),
        ["queued", "delivered", "applied"],
      );
      assert.equal(ofType(events, "training_status").at(-1)?.status, "stopped");
    },
    { needs: ["python"] },
  ),

  conform(
    "CM3 a sample is applied with its picture, a backup with the status after it",
    async (at) => {
      const started = await watch(at, trainer("full", "--speed", "2"));
      await exists(at);
      const viewer = await at.viewer("?replay=0", { role: "operator" });
      await viewer.nextEvent(({ type, global_step }) => type === "training_progress" && Number(global_step) >= 1, 60_000);
      const applied = (id: string) =>
        viewer.nextEvent(({ command_id, state }) => command_id === id && state !== "queued" && state !== "delivered", 60_000);
      viewer.send({ type: "command", id: "backup-1", command: "backup" });
      assert.equal((await applied("backup-1")).state, "applied");
      const prompt = "a green square";
      viewer.send({ type: "command", id: "sample-1", command: "sample", prompt, width: 64, height: 64, seed: 7, steps: 3 });
      assert.equal((await applied("sample-1")).state, "applied");
      viewer.send({ type: "command", id: "stop-1", command: "stop" });
      const { events } = await started.over();
      const picture = ofType(events, "sample_generated").find((sample) => sample.prompt === prompt);
      assert.partialDeepStrictEqual(picture, { sample_type: "custom" });
    },
    { needs: ["python"] },
  ),

  conform(
    "CM3 a trainer of one's own carries commands out between two steps; what it raises is the reason",
    async (at) => {
      const program = `
import runcast, time
asked = []
def on_command(command):
    if command.name == "save":
        raise RuntimeError("the disk is full")
    asked.append(command.name)
runcast.on_command(on_command)
step = 0
while "stop" not in asked:
    step += 1
    runcast.progress(step)
    time.sleep(0.02)
runcast.finish()`;
      const started = await watch(at, python(program));
      await exists(at);
      const viewer = await at.viewer("?replay=0", { role: "operator" });
      await viewer.nextEvent(({ type }) => type === "training_progress", 30_000);
      const end = async (id: string, command: string) => {
        viewer.send({ type: "command", id, command });
        return viewer.nextEvent(({ command_id, state }) => command_id === id && state !== "queued" && state !== "delivered", 30_000);
      };
      const failed = await end("save-1", "save");
      assert.ok(["failed", "rejected"].includes(String(failed.state)));
      assert.match(String(failed.error), /the disk is full/);
      const stopped = await end("stop-1", "stop");
      assert.equal(stopped.state, "applied");
      assert.ok(Number(stopped.global_step) > 0);
      assert.equal((await started.over()).code, 0);
    },
    { needs: ["python"] },
  ),

  conform("CM1 a command for a program that takes none is rejected, with the reason", async (at) => {
    const started = await watch(at, ["--", process.execPath, "-e", "process.stdin.resume()"]);
    await exists(at);
    const viewer = await at.viewer("?replay=0", { role: "operator" });
    viewer.send({ type: "command", id: "c-1", command: "stop" });
    const end = await viewer.nextEvent(({ type, state }) => type === "command_status" && state === "rejected", 30_000);
    assert.ok(String(end.error).length > 0);
    started.child.stdin?.end();
    await started.closed;
  }),
];
