import { describe, expect, test } from "vitest";
import { COMMAND_TTL_MS, type CommandRecord } from "../../protocol/index.ts";
import { alone, evict, newRun, room } from "./support/rooms.ts";
import { type Agent, agent, type Json } from "./support/sockets.ts";

/**
 * CM1: who dies between which two states of a command. A producer here is one that knows the ids that it has had, as ours does; what it is given
 * once is what the trainer does.
 */

type Ask = { id: string; command: "save" };

async function ask(run: string, request: Ask): Promise<string> {
  const answer = await room(run).command(request, "Ada");
  return answer.ok ? answer.value : answer.code;
}

async function recordOf(run: string, id: string): Promise<CommandRecord | undefined> {
  return (JSON.parse((await room(run).commands()) ?? "[]") as CommandRecord[]).find((record) => record.id === id);
}

/** All states that the run's log has of a command, in order. */
async function statesOf(run: string, id: string): Promise<unknown[]> {
  const page = await room(run).events({ after: 0, before: null, limit: 5000, events: ["command_status"] });
  const { events } = JSON.parse(page ?? "") as { events: Json[] };
  return events.filter((event) => event.command_id === id).map((event) => event.state);
}

async function given(producer: Agent): Promise<Json> {
  return producer.nextOf("command");
}

describe("a command, while something dies", () => {
  const RESTARTS = ["nobody", "the room", "the room and every socket"] as const;

  async function restart(run: string, who: (typeof RESTARTS)[number], producer: Agent): Promise<Agent> {
    if (who === "nobody") return producer;
    await room(run).summary();
    await evict(run, who === "the room" ? "hibernate" : "close");
    if (who === "the room") return producer;
    await producer.closed;
    return agent(run);
  }

  for (const afterAsking of RESTARTS) {
    for (const afterDelivery of RESTARTS) {
      test(`CM1 has one end, where ${afterAsking} dies before it is taken up and ${afterDelivery} before it is answered`, async () => {
        const run = newRun();
        let producer = await agent(run);
        expect(await ask(run, { id: "c", command: "save" })).toBe("delivered");
        expect(await given(producer)).toMatchObject({ id: "c", command: "save" });
        producer = await restart(run, afterAsking, producer);
        producer = await restart(run, afterDelivery, producer);
        expect(await ask(run, { id: "c", command: "save" })).toBe("delivered");
        for (const state of ["applied", "failed"]) producer.send({ type: "command_update", id: "c", state, global_step: 7 });
        producer.send({ type: "ping", timestamp: "then" });
        await producer.nextOf("pong");
        expect(await recordOf(run, "c")).toMatchObject({ state: "applied", global_step: 7, by: "Ada" });
        await evict(run);
        expect(await statesOf(run, "c")).toEqual(["queued", "delivered", "applied"]);
        expect(await ask(run, { id: "c", command: "save" })).toBe("applied");
      });
    }
  }

  test("CM1 is asked for again by its id after a reconnect of the producer that was given it", async () => {
    const run = newRun();
    const first = await agent(run);
    await ask(run, { id: "c", command: "save" });
    await given(first);
    first.close();
    await first.closed;
    expect(await given(await agent(run))).toMatchObject({ id: "c" });
    expect(await statesOf(run, "c")).toEqual(["queued", "delivered"]);
  });

  test("CM1 waits for a producer that is away, and goes to the next one", async () => {
    const run = newRun();
    const first = await agent(run);
    first.close();
    await first.closed;
    expect(await ask(run, { id: "c", command: "save" })).toBe("queued");
    await evict(run);
    expect(await given(await agent(run))).toMatchObject({ id: "c" });
    expect(await recordOf(run, "c")).toMatchObject({ state: "delivered" });
  });

  test("CM1 is not given to another producer that takes over: the earlier one's trainer may have done it", async () => {
    const run = newRun();
    const first = await agent(run);
    await ask(run, { id: "c", command: "save" });
    await given(first);
    const second = await agent(run, { life: "life-2" });
    second.send({ type: "ping", timestamp: "then" });
    expect(await second.nextOf("pong")).toMatchObject({ client_timestamp: "then" });
    expect(second.waiting().filter((frame) => frame.type === "command")).toEqual([]);
    // It may say what became of it all the same: its agent has lost its file, and not its trainer.
    second.send({ type: "command_update", id: "c", state: "applied", global_step: 7 });
    second.send({ type: "ping", timestamp: "again" });
    await second.nextOf("pong");
    expect(await recordOf(run, "c")).toMatchObject({ state: "applied" });
  });

  test("CM1 that nobody answers expires once, also where the room sleeps until then", async () => {
    const run = newRun();
    const producer = await agent(run);
    await ask(run, { id: "c", command: "save" });
    await given(producer);
    await evict(run, "close");
    const late = Date.now() + COMMAND_TTL_MS;
    await alone(run, late, (asleep) => {
      asleep.wake(late);
      asleep.wake(late + 1);
    });
    await evict(run);
    expect(await recordOf(run, "c")).toMatchObject({
      state: "expired",
      error: expect.stringContaining("the trainer did not answer in time"),
    });
    const back = await agent(run);
    back.send({ type: "command_update", id: "c", state: "applied", global_step: 7 });
    back.send({ type: "ping", timestamp: "then" });
    await back.nextOf("pong");
    expect(await recordOf(run, "c")).toMatchObject({ state: "expired" });
    expect(await statesOf(run, "c")).toEqual(["queued", "delivered", "expired"]);
  });

  test("CM1 of a run that is over is refused, and says so", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([{ type: "training_status", timestamp: new Date().toISOString(), status: "completed" }]);
    await producer.nextOf("ack");
    expect(await ask(run, { id: "c", command: "save" })).toBe("rejected");
    expect(await recordOf(run, "c")).toMatchObject({ error: "the training has ended" });
  });
});
