import { describe, expect, test } from "vitest";
import { advance, expire, queueCommand } from "../../worker/run/commands/command.ts";
import { newRun } from "./support/rooms.ts";
import { agent, batchedViewer } from "./support/sockets.ts";

describe("commands", () => {
  test("CM1 a command goes from queued through delivered to applied, with who asked, as events of the run", async () => {
    const run = newRun();
    const producer = await agent(run);
    const operator = await batchedViewer(run, "?events=command_status&replay=0", "operator");
    await operator.nextOf("welcome");
    operator.send({ type: "command", id: "c1", command: "sample", prompt: "a lighthouse" });
    expect(await producer.nextOf("command")).toMatchObject({
      id: "c1",
      command: "sample",
      prompt: "a lighthouse",
      expires_at: expect.any(String),
    });
    expect(await operator.nextOf("command_ack")).toMatchObject({ id: "c1", state: "delivered" });
    producer.send({ type: "command_update", id: "c1", state: "applied", global_step: 12 });
    expect((await operator.nextOf("batch")).events).toMatchObject([
      { type: "command_status", command_id: "c1", state: "applied", by: "tester", global_step: 12 },
    ]);
    operator.send({ type: "command", id: "c1", command: "sample" });
    expect(await operator.nextOf("command_ack")).toMatchObject({ state: "applied" });
  });

  test("CM1 a terminal state stays, and time ends what nothing answered", () => {
    const queued = queueCommand({ id: "c", command: "stop" }, "Ada", 0);
    expect(expire(queued, 59_999)).toBeNull();
    const expired = expire(queued, 60_000);
    expect(expired?.record).toMatchObject({ state: "expired", error: expect.any(String) });
    expect(expired && advance(expired, { state: "applied", global_step: 1, error: null })).toBeNull();
    const delivered = advance(queued, { state: "delivered", global_step: null, error: null });
    expect(delivered && advance(delivered, { state: "queued", global_step: null, error: null })).toBeNull();
    expect(delivered && advance(delivered, { state: "failed", global_step: null, error: null })?.record.error).toEqual(expect.any(String));
  });

  test("CM2 one that is not understood is refused by its id: whoever sent it waits for no time to run out", async () => {
    const run = newRun();
    await agent(run);
    const operator = await batchedViewer(run, "?replay=0", "operator");
    await operator.nextOf("welcome");
    operator.send({ type: "command", id: "c1", command: "explode" });
    expect(await operator.next()).toMatchObject({ type: "error", code: "invalid_message", id: "c1" });
    operator.send({ type: "command", id: "no id!", command: "explode" });
    const error = await operator.next();
    expect([error.code, error.id]).toEqual(["invalid_message", undefined]);
  });

  test("CM2 a viewer may not command, and hears so", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await batchedViewer(run, "?replay=0");
    await viewer.nextOf("welcome");
    viewer.send({ type: "command", id: "c1", command: "stop" });
    expect(await viewer.next()).toMatchObject({ type: "error", code: "forbidden", id: "c1" });
  });
});
