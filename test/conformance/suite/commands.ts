import assert from "node:assert/strict";
import { commandAccepted, commandList, type StoredEvent } from "../../../protocol/index.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { status } from "../support/events.ts";
import { refused } from "../support/http.ts";
import { eventsOf } from "../support/viewer.ts";

/** Asks for a command over HTTP. @returns the state that it has now */
async function ask(at: Context, command: Record<string, unknown>): Promise<string> {
  const answer = await at.http(`/api/runs/${at.run}/commands`, "operator", { method: "POST", body: command });
  assert.equal(answer.status, 202, answer.text);
  const { id, state } = commandAccepted.parse(answer.json);
  assert.equal(id, command.id);
  return state;
}

async function records(at: Context) {
  const answer = await at.http(`/api/runs/${at.run}/commands`, "viewer");
  assert.equal(answer.status, 200);
  return commandList.parse(answer.json).commands;
}

/** The states of a command, as the run's events tell of them. */
async function told(at: Context, id: string): Promise<StoredEvent[]> {
  return (await at.log()).filter((event) => event.type === "command_status" && event.command_id === id);
}

const states = (events: readonly StoredEvent[]) => events.map((event) => event.state);

/** CM1: a command runs once, and comes to one end. */
const lifecycle = [
  conform("CM1 queued, delivered, applied: each is an event of the run, in order, that says who asked", async (at) => {
    const producer = await at.producer();
    const before = Date.now();
    assert.equal(await ask(at, { id: "c-1", command: "stop", save: true }), "delivered");
    const command = await producer.nextOf("command");
    assert.partialDeepStrictEqual(command, { id: "c-1", command: "stop", save: true });
    const left = Date.parse(String(command.expires_at)) - before;
    assert.ok(left > 30_000 && left < 120_000, `it has ${left} ms: a minute was promised`);
    producer.send({ type: "command_update", id: "c-1", state: "applied", global_step: 120 });
    await producer.upToPong();
    const events = await told(at, "c-1");
    assert.deepEqual(states(events), ["queued", "delivered", "applied"]);
    for (const event of events) assert.partialDeepStrictEqual(event, { command: "stop", by: "the operator" });
    assert.partialDeepStrictEqual(events[2], { global_step: 120, error: null });
    const [record] = await records(at);
    assert.partialDeepStrictEqual(record, {
      id: "c-1",
      command: "stop",
      state: "applied",
      by: "the operator",
      global_step: 120,
      error: null,
    });
    assert.ok(!Number.isNaN(Date.parse(record?.requested_at ?? "")));
  }),

  conform("CM1 over a WebSocket: command_ack to its sender, the states to everybody", async (at) => {
    const producer = await at.producer();
    const [sender, other] = [
      await at.viewer("?replay=0", { role: "operator" }),
      await at.viewer("?events=command_status&replay=0", { mode: "plain" }),
    ];
    sender.send({ type: "command", id: "c-1", command: "sample", timestamp: "2026-11-01T00:00:00.000Z" });
    assert.partialDeepStrictEqual(await sender.nextOf("command_ack"), { id: "c-1", state: "delivered" });
    await producer.nextOf("command");
    producer.send({ type: "command_update", id: "c-1", state: "applied", global_step: 7 });
    const event = await other.nextEvent(({ state }) => state === "applied");
    assert.partialDeepStrictEqual(event, { command_id: "c-1", command: "sample", by: "the operator", global_step: 7 });
    assert.ok(!(await other.upToPong()).some((frame) => frame.type === "command_ack"));
    assert.equal((await sender.nextEvent(({ state }) => state === "applied")).command_id, "c-1");
  }),

  conform("CM1 the same id twice runs once, whoever sends it, and is answered with its state", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0", { role: "owner" });
    await ask(at, { id: "once", command: "backup" });
    viewer.send({ type: "command", id: "once", command: "stop" });
    assert.equal((await viewer.nextOf("command_ack")).state, "delivered");
    await producer.nextOf("command");
    producer.send({ type: "command_update", id: "once", state: "applied", global_step: 1 });
    await producer.upToPong();
    assert.equal(await ask(at, { id: "once", command: "backup" }), "applied");
    assert.ok(!(await producer.upToPong()).some((frame) => frame.type === "command"), "handed over twice");
    assert.deepEqual(states(await told(at, "once")), ["queued", "delivered", "applied"]);
    assert.equal((await records(at)).length, 1);
  }),

  ...(["rejected", "failed", "expired"] as const).map((state) =>
    conform(`CM1 ${state} is an end with a reason, the agent's own or one that the room gives`, async (at) => {
      const producer = await at.producer();
      await ask(at, { id: "with", command: "save" });
      await ask(at, { id: "without", command: "save" });
      producer.send({ type: "command_update", id: "with", state, error: "for a reason" });
      producer.send({ type: "command_update", id: "without", state });
      await producer.upToPong();
      assert.partialDeepStrictEqual((await told(at, "with")).at(-1), { state, error: "for a reason" });
      const silent = (await told(at, "without")).at(-1);
      assert.equal(silent?.state, state);
      assert.ok(typeof silent?.error === "string" && silent.error.length > 0, "a terminal state other than applied has an error");
    }),
  ),

  conform("CM1 there is one end: what the agent says after it changes nothing, nor does a state that goes back", async (at) => {
    const producer = await at.producer();
    await ask(at, { id: "c", command: "sample" });
    for (const state of ["queued", "delivered", "applied", "failed", "delivered", "applied"]) {
      producer.send({ type: "command_update", id: "c", state, error: "no", global_step: 3 });
    }
    await producer.upToPong();
    assert.deepEqual(states(await told(at, "c")), ["queued", "delivered", "applied"]);
  }),

  conform("CM1 an update of a command that nobody asked for is no event", async (at) => {
    const producer = await at.producer();
    const before = (await at.log()).length;
    producer.send({ type: "command_update", id: "nobodys", state: "applied", global_step: 1 });
    assert.deepEqual(await producer.upToPong(), []);
    assert.equal((await at.log()).length, before);
  }),

  conform("CM1 with its agent away a command waits, and is handed over when the agent is back", async (at) => {
    const producer = await at.producer();
    producer.close();
    await producer.closed;
    assert.equal(await ask(at, { id: "early", command: "backup" }), "queued");
    assert.equal(await ask(at, { id: "later", command: "sample", prompt: "a cat" }), "queued");
    const back = await at.producer({ next_seq: 1 });
    assert.equal((await back.nextOf("command")).id, "early");
    assert.partialDeepStrictEqual(await back.nextOf("command"), { id: "later", prompt: "a cat" });
    assert.deepEqual(states(await told(at, "early")), ["queued", "delivered"]);
  }),

  conform("CM1 a training that has ended rejects what is asked of it", async (at) => {
    const producer = await at.producer();
    for (const over of ["completed", "stopped", "error"]) {
      await producer.store([status(over)]);
      assert.equal(await ask(at, { id: over, command: "stop" }), "rejected");
      assert.partialDeepStrictEqual((await told(at, over)).at(-1), { state: "rejected", error: "the training has ended" });
    }
    await producer.store([status("running")]);
    assert.equal(await ask(at, { id: "again", command: "stop" }), "delivered");
  }),

  conform("CM1 open commands stand in the snapshot, ended ones do not; the list has all, newest first", async (at) => {
    const producer = await at.producer();
    await ask(at, { id: "a", command: "sample" });
    await ask(at, { id: "b", command: "backup" });
    producer.send({ type: "command_update", id: "a", state: "applied", global_step: 1 });
    await producer.upToPong();
    const { snapshot } = (await at.viewer("?replay=0")).welcome;
    assert.deepEqual(
      snapshot.commands.map(({ id, state }) => [id, state]),
      [["b", "delivered"]],
    );
    const listed = await records(at);
    assert.deepEqual(new Set(listed.map(({ id }) => id)), new Set(["a", "b"]));
    const times = listed.map(({ requested_at }) => requested_at);
    assert.deepEqual(times, times.toSorted().reverse());
  }),

  conform(
    "CM1 nothing stays open longer than a minute: without an answer, or without an agent, a command expires",
    async (at) => {
      // Its time to live has to pass.
      const producer = await at.producer();
      const viewer = await at.viewer("?events=command_status&replay=0");
      await ask(at, { id: "unanswered", command: "save" });
      producer.close();
      await producer.closed;
      await ask(at, { id: "undelivered", command: "save" });
      const ends = new Map<unknown, StoredEvent>();
      while (ends.size < 2) {
        const event = await viewer.nextEvent(({ state }) => state === "expired", 90_000);
        ends.set(event.command_id, event);
      }
      for (const end of ends.values()) assert.ok(typeof end.error === "string" && end.error.length > 0);
      assert.deepEqual(states(await told(at, "unanswered")), ["queued", "delivered", "expired"]);
      assert.deepEqual(states(await told(at, "undelivered")), ["queued", "expired"]);
    },
    { slow: true },
  ),
];

/** CM2: a fixed list, checked by a schema that refuses what it does not know. */
const checked = [
  ...(
    [
      ["an unknown command", { command: "shutdown" }],
      ["a shell command", { command: "stop; rm -rf ." }],
      ["an unknown field", { path: "/etc/passwd" }],
      ["a misspelt option", { negative_promt: "x" }],
      ["no id", { id: undefined }],
      ["an id with a slash", { id: "a/b" }],
      ["an id of 65 characters", { id: "i".repeat(65) }],
      ["no command", { command: undefined }],
      ["a prompt over 4 KiB", { command: "sample", prompt: "p".repeat(4097) }],
      ["a width of text", { command: "sample", width: "512" }],
      ["a width of half a pixel", { command: "sample", width: 512.5 }],
      ["no steps at all", { command: "sample", steps: 0 }],
      ["save that is no boolean", { save: "yes" }],
    ] as const
  ).map(([what, change]) =>
    conform(`CM2 a command with ${what} is refused, over HTTP and over a WebSocket`, async (at) => {
      const producer = await at.producer();
      const viewer = await at.viewer("?replay=0", { role: "operator" });
      const command = { id: "c", command: "stop", ...change };
      refused(await at.http(`/api/runs/${at.run}/commands`, "operator", { method: "POST", body: command }), 400, "invalid_message");
      viewer.send({ type: "command", ...command });
      assert.partialDeepStrictEqual(await viewer.next(), { type: "error", code: "invalid_message" });
      assert.deepEqual(
        (await producer.upToPong()).map((frame) => frame.type),
        ["demand"],
      );
      assert.deepEqual(await records(at), []);
    }),
  ),

  conform("CM2 every option of a sample reaches the agent as it was given", async (at) => {
    const producer = await at.producer();
    const options = { prompt: "a $(cat) `x` ✓", negative_prompt: "", width: 512, height: 768, seed: -1, steps: 20, cfg: 7.5 };
    await ask(at, { id: "c", command: "sample", ...options });
    assert.partialDeepStrictEqual(await producer.nextOf("command"), { id: "c", command: "sample", ...options });
  }),

  conform("CM2 every command of the list is handed over", async (at) => {
    const producer = await at.producer();
    for (const command of ["stop", "pause", "resume", "sample", "backup", "save"]) {
      await ask(at, { id: command, command });
      assert.partialDeepStrictEqual(await producer.nextOf("command"), { id: command, command });
    }
  }),

  conform("CM2 a body that is no JSON is refused", async (at) => {
    await at.producer();
    refused(await at.http(`/api/runs/${at.run}/commands`, "operator", { method: "POST", body: "stop" }), 400, "invalid_json");
  }),

  conform("CM2 a run that does not exist takes no command", async (at) => {
    const answer = await at.http(`/api/runs/${at.run}/commands`, "operator", { method: "POST", body: { id: "c", command: "stop" } });
    refused(answer, 404, "run_not_found");
  }),

  conform("CM2 a viewer may not command, and is told so; nothing of it reaches the agent", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0", { role: "viewer" });
    viewer.send({ type: "command", id: "c", command: "stop" });
    assert.partialDeepStrictEqual(await viewer.next(), { type: "error", code: "forbidden" });
    assert.deepEqual(eventsOf(await viewer.upToPong()), []);
    assert.deepEqual(
      (await producer.upToPong()).map((frame) => frame.type),
      ["demand"],
    );
  }),
];

export const commands = [...lifecycle, ...checked];
