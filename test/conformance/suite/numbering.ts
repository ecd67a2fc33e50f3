import assert from "node:assert/strict";
import { conform } from "../support/case.ts";
import { line, lines, messages, withoutHole } from "../support/events.ts";
import { refused } from "../support/http.ts";
import { hello } from "../support/producer.ts";
import { eventsOf } from "../support/viewer.ts";

/** PR1: an event's offset is its life's base and its seq, whatever happens. */
export const numbering = [
  conform("PR1 a new life is ready at 0, and its events follow the log without a hole", async (at) => {
    const producer = await at.producer({ life: "any text up to 64: ✓ / {}" });
    assert.partialDeepStrictEqual(producer.greeting, { type: "ready", life: "any text up to 64: ✓ / {}", last_seq: 0 });
    const viewer = await at.viewer("?replay=0");
    const base = viewer.welcome.last_offset;
    await producer.store(lines(3));
    await producer.store(lines(2, 3));
    withoutHole(await viewer.readTo(base + 5), base + 1, base + 5);
  }),

  conform("PR1 what is sent again after a cut keeps its offset, and is seen once", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0");
    const base = viewer.welcome.last_offset;
    await producer.store(lines(3));
    producer.batch(lines(2, 3), false);
    await viewer.readTo(base + 5);
    producer.cut();
    const back = await at.producer({ next_seq: 4, sent_seq: 5 });
    assert.equal(back.greeting.type, "ready");
    assert.ok([3, 5].includes(back.greeting.last_seq as number), `last_seq ${back.greeting.last_seq}: 3 were acknowledged, 5 were sent`);
    // As an agent does that knows of three acks only.
    back.send({ type: "batch", first_seq: 4, events: lines(4, 3), flush: true });
    await back.acked(7);
    const events = eventsOf(await viewer.upToPong());
    assert.deepEqual(messages(events), ["5", "6"]);
    withoutHole(events, base + 6, base + 7);
    const log = (await at.log()).filter((event) => event.type === "log");
    assert.deepEqual(messages(log), ["0", "1", "2", "3", "4", "5", "6"]);
    withoutHole(log, base + 1, base + 7);
    assert.equal((await at.viewer("?replay=0")).welcome.log_id, viewer.welcome.log_id, "a return renumbers nothing");
  }),

  conform("PR1 a life that the room does not know goes on where the producer is", async (at) => {
    const first = await at.producer();
    await first.store(lines(2));
    const { welcome } = await at.viewer("?replay=0");
    const producer = await at.producer({ life: "older", next_seq: 41, sent_seq: 40 });
    assert.partialDeepStrictEqual(producer.greeting, { type: "ready", life: "older", last_seq: 40 });
    producer.send({ type: "batch", first_seq: 41, events: [line("forty-one")], flush: true });
    await producer.acked(41);
    const found = (await at.log()).find((event) => event.message === "forty-one");
    assert.equal(found?.offset, welcome.last_offset + 1);
  }),

  conform("PR1 an event of the room's own takes an offset, and the producer's go on behind it", async (at) => {
    const producer = await at.producer();
    const viewer = await at.viewer("?replay=0", { role: "operator" });
    const base = viewer.welcome.last_offset;
    producer.batch([line("waiting")], false);
    await viewer.readTo(base + 1);
    viewer.send({ type: "command", id: "c1", command: "backup" });
    const events = await viewer.readTo(base + 3).catch(async () => assert.fail("the command's states did not come"));
    assert.deepEqual(
      events.map((event) => [event.type, event.offset, event.state]),
      [
        ["command_status", base + 2, "queued"],
        ["command_status", base + 3, "delivered"],
      ],
    );
    await producer.store([line("after")]);
    withoutHole(await viewer.readTo(base + 4), base + 4, base + 4);
    withoutHole(await at.log(), 1, base + 4);
    const position = await at.viewer(`?since=${viewer.welcome.log_id}:${base}`);
    assert.equal(position.welcome.recovered, true, "own events change no position's meaning");
  }),

  conform("PR1 while the producer has to send again what viewers may have seen, the room holds its own events back", async (at) => {
    const producer = await at.producer({ sent_seq: 3 });
    const viewer = await at.viewer("?replay=0", { role: "operator" });
    const base = viewer.welcome.last_offset;
    viewer.send({ type: "command", id: "c1", command: "backup" });
    await viewer.nextOf("command_ack");
    assert.deepEqual(eventsOf(await viewer.upToPong()), []);
    await producer.store(lines(2));
    assert.deepEqual(messages(eventsOf(await viewer.upToPong())), ["0", "1"]);
    await producer.store(lines(1, 2));
    const events = eventsOf(await viewer.upToPong());
    assert.equal(events[0]?.message, "2");
    assert.deepEqual(new Set(events.slice(1).map((event) => event.type)), new Set(["agent_status", "command_status"]));
    withoutHole(events, base + 3, base + 2 + events.length);
  }),

  conform("PR1 a new life begins a new log_id: viewers are told from where on, in both modes", async (at) => {
    const producer = await at.producer();
    const [batched, plain] = [await at.viewer("?replay=0"), await at.viewer("?events=*&replay=0", { mode: "plain" })];
    const base = batched.welcome.last_offset;
    await producer.store([line("old")]);
    await batched.readTo(base + 1);
    await plain.readTo(base + 1);
    const next = await at.producer({ life: "life-2" });
    assert.partialDeepStrictEqual(next.greeting, { type: "ready", life: "life-2", last_seq: 0 });
    const renumbered = await batched.next();
    assert.partialDeepStrictEqual(renumbered, { type: "renumbered", from: base + 2 });
    assert.notEqual(renumbered.log_id, batched.welcome.log_id);
    assert.partialDeepStrictEqual(await plain.next(), { type: "renumbered", from: base + 2, log_id: renumbered.log_id });
    await next.store([line("new")]);
    withoutHole(await batched.readTo(base + 2), base + 2, base + 2);
    withoutHole(await plain.readTo(base + 2), base + 2, base + 2);
    const late = await at.viewer("?replay=0");
    assert.equal(late.welcome.log_id, renumbered.log_id);
  }),

  conform("PR1 a viewer that is past a new numbering's beginning is welcomed anew, and gets its events", async (at) => {
    await at.producer();
    const { welcome } = await at.viewer("?replay=0");
    const base = welcome.last_offset;
    const ahead = await at.viewer(`?since=${welcome.log_id}:${base + 5}`);
    assert.equal(ahead.welcome.recovered, true);
    const next = await at.producer({ life: "life-2" });
    const again = await ahead.nextOf("welcome");
    assert.partialDeepStrictEqual(again, { recovered: false, last_offset: base });
    assert.notEqual(again.log_id, welcome.log_id);
    await next.store(lines(3));
    withoutHole(await ahead.readTo(base + 3), base + 1, base + 3);
  }),

  conform("PR1 a life that goes on after seqs that cannot come any more begins a new log_id", async (at) => {
    const producer = await at.producer();
    await producer.store(lines(2));
    const viewer = await at.viewer("?replay=0");
    const base = viewer.welcome.last_offset;
    // It was acknowledged more than the room has: as after a roll-back of its storage.
    const back = await at.producer({ next_seq: 6, sent_seq: 5 });
    assert.partialDeepStrictEqual(back.greeting, { type: "ready", last_seq: 5 });
    assert.partialDeepStrictEqual(await viewer.next(), { type: "renumbered", from: base + 1 });
    back.send({ type: "batch", first_seq: 6, events: [line("six")], flush: true });
    await back.acked(6);
    withoutHole(await viewer.readTo(base + 1), base + 1, base + 1);
  }),

  conform("PR1 a run comes into being with hello, not with a connection, and not with a wrong hello", async (at) => {
    const silent = await at.silentProducer();
    const headers = { Authorization: `Bearer ${await at.token("viewer")}` };
    refused(await at.refusal(`/runs/${at.run}/ws`, { headers }), 404, "run_not_found");
    for (const wrong of [hello({ life: "" }), { ...hello(), protocol: 2 }, { ...hello(), next_seq: 0 }, { ...hello(), agent: undefined }]) {
      silent.send(wrong);
      assert.partialDeepStrictEqual(await silent.next(), { type: "error", code: "invalid_message" });
    }
    refused(await at.http(`/api/runs/${at.run}`, "viewer"), 404, "run_not_found");
    silent.send(hello());
    assert.equal((await silent.next()).type, "ready");
    assert.equal((await at.http(`/api/runs/${at.run}`, "viewer")).status, 200);
  }),

  conform("PR1 the run_info of a hello is state and no event; a later one is an event too", async (at) => {
    const producer = await at.producer({ run_info: { name: "First", unknown_field: { kept: true } } });
    const viewer = await at.viewer("?events=run_info");
    assert.deepEqual(eventsOf(await viewer.upToPong()), []);
    assert.partialDeepStrictEqual(viewer.welcome.snapshot.run_info, { type: "run_info", name: "First", unknown_field: { kept: true } });
    await producer.store([{ type: "run_info", name: "Second" }]);
    assert.deepEqual(
      eventsOf(await viewer.upToPong()).map((event) => event.name),
      ["Second"],
    );
    assert.partialDeepStrictEqual((await at.http(`/api/runs/${at.run}`, "viewer")).json, { name: "Second", run_info: { name: "Second" } });
  }),
];
