import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, test } from "vitest";
import type { AnyEvent } from "../../protocol/index.ts";
import { SnapshotSchema, ViewerMessageSchema } from "../../worker/proto/runcast_v1_pb.ts";
import { withoutAbsent } from "./support/proto.ts";
import { evict, newRun } from "./support/rooms.ts";
import { agent, batchedViewer, type Json, line, messages, type Peer, protoViewer } from "./support/sockets.ts";

const TIMESTAMP = "2026-11-01T00:00:00.000Z";

/** An event of each type, with every field, and what is unusual. */
const EVENTS: AnyEvent[] = [
  {
    type: "training_progress",
    timestamp: TIMESTAMP,
    step: 4,
    epoch: 1,
    epoch_step: 4,
    global_step: 5_000_000_000,
    max_step: 8,
    max_epoch: 3,
    loss: "NaN",
    smooth_loss: "Infinity",
    learning_rate: 1e-300,
    eta_seconds: 0,
    eta_low_seconds: "-Infinity",
    eta_high_seconds: 3.5,
    steps_per_second: 4.8,
    phase: "training",
  },
  { type: "training_status", timestamp: TIMESTAMP, status: "error", message: "", error: "CUDA out of memory 💥", phase: "polishing" },
  {
    type: "sample_generated",
    timestamp: TIMESTAMP,
    sample_id: "s-1",
    path: "/api/runs/r/blobs/1",
    thumbnail_path: "/api/runs/r/blobs/2",
    sample_type: "custom",
    media_type: "image/png",
    width: 1024,
    height: 5_000_000_000,
    step: 0,
    epoch: 0,
    prompt: "ein Leuchtturm, 灯台, \u0000 and \ud83d\ude00",
    sha256: "ab",
  },
  { type: "sample_progress", timestamp: TIMESTAMP, sample_type: "default", step: 3, max_step: 20 },
  {
    type: "log",
    timestamp: TIMESTAMP,
    level: "info",
    message: "\u001b[31mred\u001b[0m\t",
    source: "stderr",
    progress: true,
    bar: "caching",
  },
  {
    type: "system_stats",
    timestamp: TIMESTAMP,
    gpu_memory_used_gb: 21.5,
    gpu_memory_total_gb: 24,
    gpu_utilization_percent: 100,
    cpu_percent: 12.5,
    ram_used_gb: 30,
    ram_total_gb: 64,
    agent_ram_used_gb: 0.1,
    gpus: [
      {
        index: 0,
        uuid: "GPU-1",
        name: "A card",
        utilization_percent: 100,
        memory_used_gb: 21.5,
        throttle_reasons: ["sw_power_cap", "hot"],
      },
      { index: 1, power_w: "NaN", fan_percent: 0, ecc: { errors: [null, 1] } },
    ],
    disks: [{ mount: "/", used_gb: 1, total_gb: 2, inodes: 7 }],
    network: { received_bytes_per_second: 1, sent_bytes_per_second: 2.5 },
    process: { pid: 77, cpu_percent: 250, ram_used_gb: 3, gpu_memory_used_gb: 20 },
  },
  { type: "validation_result", timestamp: TIMESTAMP, step: 7, epoch: 1, validation_loss: "NaN", label: "cats & dogs" },
  {
    type: "metrics",
    timestamp: TIMESTAMP,
    steps: [1, 2, 3, 4, 5, 6, 7, 8, 9, -10],
    series: {
      "loss/train_step": [0.1, 0.2, "NaN", 0.4, "Infinity", "-Infinity", 0.7, 0.8, 0.9, 1],
      "lr/unet": [null, null, null, null, null, null, null, null, 1e-4, null],
      "never told": [null, null, null, null, null, null, null, null, null, null],
      __proto__named: [0, 0, 0, 0, 0, 0, 0, 0, 0, null],
    },
  },
  {
    type: "run_info",
    timestamp: TIMESTAMP,
    name: "Ada's run",
    trainer: "OneTrainer",
    version: "1",
    config: { model: { path: "x", layers: [1, null, "NaN"] }, seed: 9007199254740991 },
    host: { name: "box", cpus: 8 },
    gpus: [{ name: "A card" }],
    started_at: TIMESTAMP,
    resumed_from: { global_step: 10, epoch: null },
  },
  {
    type: "command_status",
    timestamp: TIMESTAMP,
    command_id: "c",
    command: "stop",
    state: "failed",
    by: "Ada",
    global_step: 0,
    error: "no",
  },
  { type: "agent_status", timestamp: TIMESTAMP, connected: false, since: TIMESTAMP, last_heard: "yesterday", reason: "gone" },
  { type: "alert", timestamp: TIMESTAMP, rule: "loss", severity: "high", message: "spike", value: { at: [1, null] } },
  { type: "from_the_future", timestamp: TIMESTAMP, depth: { kept: [true, null, { deep: "NaN" }] }, nothing: null, extra_json: "mine" },
  { type: "log", timestamp: "1 November", level: "debug", message: "no ISO time", config_json: "{", body: 1, offsets: [1] },
  { type: "constructor", timestamp: "0000-01-01T00:00:00.000Z", loss: 1 },
];

/** Events up to an offset, without what Protocol Buffers do not tell apart. */
async function eventsOf(viewer: Peer, through: number): Promise<Json[]> {
  const events: Json[] = [];
  for (let reached = 0; reached < through; ) {
    const batch = await viewer.nextOf("batch");
    events.push(...(batch.events as Json[]));
    reached = batch.through as number;
  }
  return events.map((event) => withoutAbsent(event) as Json);
}

/** A ViewerMessage with one field, of whatever number. */
function withField(number: number, content: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(content).finish();
}

const { subscribe, ack, command } = ViewerMessageSchema.field;
const COMMAND = new BinaryWriter().tag(1, WireType.LengthDelimited).string("c1").tag(2, WireType.LengthDelimited).string("stop").finish();
const UNKNOWN_FIELD = new BinaryWriter().tag(99, WireType.Varint).bool(true).finish();
const FAR = new BinaryWriter()
  .tag(1, WireType.Varint)
  .uint64(2n ** 63n)
  .finish();
const NAMES = new BinaryWriter();
for (let i = 0; i < 65; i++) NAMES.tag(1, WireType.LengthDelimited).string(`e${i}`);

describe("batched mode in Protocol Buffers", () => {
  test("VW2 gets batches of every type in binary frames, with its sub-protocol echoed and the token not", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await protoViewer(run, "?replay=0");
    expect(viewer.protocol).toBe("runcast.v1.proto");
    expect(await viewer.next()).toMatchObject({ type: "welcome", run, role: "viewer", recovered: false, last_offset: 1 });
    producer.batch([line("a"), line("b")]);
    const batch = await viewer.next();
    expect(batch).toMatchObject({ type: "batch", timestamp: expect.any(String), through: 3 });
    expect(messages(batch.events)).toEqual(["a", "b"]);
  });

  test("VW2 every event is the same as in JSON, live and replayed, known to the schema or not", async () => {
    const run = newRun();
    const producer = await agent(run);
    const [json, proto] = [await batchedViewer(run), await protoViewer(run)];
    producer.batch(EVENTS);
    const last = EVENTS.length + 1;
    const expected = await eventsOf(json, last);
    expect(expected).toHaveLength(last);
    expect(await eventsOf(proto, last)).toEqual(expected);
    expect(await eventsOf(await protoViewer(run), last)).toEqual(expected);
  });

  test("VW2 large columns arrive whole, in frames of their own where they are large", async () => {
    const run = newRun();
    const producer = await agent(run);
    const [json, proto] = [await batchedViewer(run), await protoViewer(run)];
    const steps = Array.from({ length: 2000 }, (_, i) => i);
    const column = (n: number) => steps.map((step) => (step % (n + 1) === 0 ? Math.sin(step + n) : null));
    const series = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`loss/${n}`, column(n)]));
    producer.batch([line("before"), { type: "metrics", timestamp: TIMESTAMP, steps, series }, line("after")]);
    expect(await eventsOf(proto, 4)).toEqual(await eventsOf(json, 4));
  });

  test("VW2 the welcome is the same as in JSON", async () => {
    const run = newRun();
    const producer = await agent(run, { run_info: { name: "A run", config: { lr: 1e-4 } } });
    producer.batch(EVENTS.filter(({ type }) => type !== "training_status"));
    await producer.nextOf("ack");
    const operator = await protoViewer(run, "?replay=0", "operator");
    await operator.nextOf("welcome");
    operator.send({ type: "command", id: "c1", command: "sample", prompt: "a lighthouse" });
    await operator.nextOf("command_ack");
    const own = { client_id: expect.any(String), timestamp: expect.any(String) };
    const inJson = await (await batchedViewer(run)).next();
    const inProto = await (await protoViewer(run)).next();
    const { snapshot, ...welcome } = inJson as Json & { snapshot: Record<string, unknown> };
    const { snapshot: same, ...rest } = inProto as Json & { snapshot: Record<string, unknown> };
    expect(rest).toEqual({ ...welcome, ...own });
    expect(same).toEqual({ ...withoutAbsent(snapshot, SnapshotSchema), viewers: { count: 3, names: ["tester"] } });
    expect(rest).toMatchObject({ expires_at: expect.any(String), limits: { messages_burst: expect.any(Number) } });
    expect(same).toMatchObject({ commands: [{ id: "c1", state: "delivered" }], samples: [{ sample_id: "s-1" }] });
  });

  test("VW3 resumes after a position without a hole, from stored chunks and from the tail", async () => {
    const run = newRun();
    const producer = await agent(run);
    producer.batch([line("1"), line("2")]);
    await producer.nextOf("ack");
    producer.batch([line("3")], false);
    const first = await protoViewer(run);
    const { log_id } = await first.next();
    await first.nextOf("batch");
    const resumed = await protoViewer(run, `?since=${log_id}:2`);
    expect(await resumed.next()).toMatchObject({ type: "welcome", recovered: true });
    const batch = await resumed.next();
    expect(messages(batch.events)).toEqual(["2", "3"]);
    expect(batch.through).toBe(4);
  });

  test("VW4 filtered events advance the position with the next frame", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await protoViewer(run, "?events=training_status&replay=0");
    await viewer.nextOf("welcome");
    producer.batch([line("out"), line("out")]);
    producer.batch([{ type: "training_status", status: "running" }, line("out")]);
    expect(await viewer.next()).toMatchObject({ type: "batch", through: 5, events: [{ type: "training_status", offset: 4 }] });
  });

  test("VW5 mode and subscription survive hibernation", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await protoViewer(run, "?events=log,metrics&replay=0");
    await viewer.nextOf("welcome");
    viewer.send({ type: "unsubscribe", events: ["log", "never_subscribed"] });
    expect(await viewer.nextOf("unsubscribed")).toMatchObject({
      events: ["log", "never_subscribed"],
      remaining_subscriptions: ["metrics"],
    });
    await evict(run);
    producer.batch([line("out"), { type: "metrics", steps: [1], series: { loss: [0.5] } }]);
    expect(await viewer.next()).toMatchObject({
      type: "batch",
      events: [{ type: "metrics", series: { loss: [0.5] }, offset: 3 }],
      through: 3,
    });
    viewer.send({ type: "subscribe", events: ["log"] });
    expect(await viewer.next()).toMatchObject({ type: "subscribed", events: ["log"], all_subscriptions: ["log", "metrics"] });
  });

  test("VW6 one that does not acknowledge gets a window's worth, and the rest from the log when it does", async () => {
    const run = newRun();
    const producer = await agent(run);
    const slow = await protoViewer(run, "?replay=0");
    await slow.nextOf("welcome");
    for (let n = 0; n < 8; n++) {
      producer.batch(Array.from({ length: 100 }, (_, i) => line(`${n}.${i} ${"x".repeat(4000)}`)));
      await producer.nextOf("ack");
    }
    slow.send({ type: "ping", timestamp: 1 });
    const offsets: number[] = [];
    const take = (frame: Json) => offsets.push(...(frame.events as { offset: number }[]).map(({ offset }) => offset));
    for (let frame = await slow.next(); frame.type !== "pong"; frame = await slow.next()) take(frame);
    expect(offsets.length).toBeLessThan(400);
    slow.send({ type: "ack", through: offsets.at(-1) });
    while (offsets.at(-1) !== 801) {
      const batch = await slow.nextOf("batch");
      take(batch);
      slow.send({ type: "ack", through: batch.through });
    }
    expect(offsets).toEqual(Array.from({ length: 800 }, (_, i) => i + 2));
  });

  test("PR1 a new numbering is told, and one that is past it is welcomed anew", async () => {
    const run = newRun();
    const producer = await agent(run);
    const viewer = await protoViewer(run, "?replay=0");
    const { log_id } = await viewer.nextOf("welcome");
    const ahead = await protoViewer(run, `?since=${log_id}:9`);
    await ahead.nextOf("welcome");
    producer.close();
    await agent(run, { life: "life-2" });
    expect(await viewer.nextOf("renumbered")).toMatchObject({ log_id: expect.not.stringMatching(log_id as string), from: 2 });
    expect(await ahead.nextOf("welcome")).toMatchObject({ recovered: false });
  });

  test("CM1 a command is handed over with all of its options, and acknowledged to its sender", async () => {
    const run = newRun();
    const producer = await agent(run);
    const operator = await protoViewer(run, "?events=command_status&replay=0", "operator");
    await operator.nextOf("welcome");
    const options = { prompt: "灯台", negative_prompt: "", width: 512, height: 768, seed: -1, steps: 20, cfg: 7.5 };
    operator.send({ type: "command", id: "c1", command: "sample", ...options });
    expect(await producer.nextOf("command")).toMatchObject({ id: "c1", command: "sample", ...options });
    expect(await operator.nextOf("command_ack")).toMatchObject({ id: "c1", state: "delivered" });
    producer.send({ type: "command_update", id: "c1", state: "applied", global_step: 12 });
    expect((await operator.nextOf("batch")).events).toMatchObject([{ command_id: "c1", state: "applied", by: "tester", global_step: 12 }]);
  });

  test.each([1763896884123, "2026-11-23T11:00:00Z"])("VW2 answers a ping with the timestamp as it was: %s", async (timestamp) => {
    const run = newRun();
    await agent(run);
    const viewer = await protoViewer(run, "?replay=0");
    await viewer.nextOf("welcome");
    viewer.send({ type: "ping", timestamp });
    expect(await viewer.next()).toMatchObject({ type: "pong", client_timestamp: timestamp, server_timestamp: expect.any(String) });
  });

  test.each([
    ["a text frame", '{"type":"ping"}', "text_frame"],
    ["no Protocol Buffers", new Uint8Array([0xff, 0xff, 0xff]), "invalid_protobuf"],
    ["half a message", withField(subscribe.number, new Uint8Array(9)).slice(0, 5), "invalid_protobuf"],
    ["an empty frame", new Uint8Array(0), "unknown_type"],
    ["a message of a later version", withField(99, COMMAND), "unknown_type"],
    ["too many names", withField(subscribe.number, NAMES.finish()), "invalid_message"],
    ["an offset that is none", withField(ack.number, FAR), "invalid_message"],
    ["an unknown field in a command", withField(command.number, new Uint8Array([...COMMAND, ...UNKNOWN_FIELD])), "invalid_message"],
    ["a command without its id", withField(command.number, new Uint8Array(0)), "invalid_message"],
  ])("VW2 answers %s with an error, and the connection goes on", async (_, frame, code) => {
    const run = newRun();
    await agent(run);
    const viewer = await protoViewer(run, "?replay=0", "operator");
    await viewer.nextOf("welcome");
    viewer.sendRaw(frame);
    expect(await viewer.next()).toMatchObject({ type: "error", code, message: expect.any(String) });
    viewer.send({ type: "ping", timestamp: 1 });
    expect(await viewer.next()).toMatchObject({ type: "pong" });
  });

  test("CM2 a viewer may not command, and hears so with the command's id", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await protoViewer(run, "?replay=0");
    await viewer.nextOf("welcome");
    viewer.send({ type: "command", id: "c1", command: "stop" });
    expect(await viewer.next()).toMatchObject({ type: "error", code: "forbidden", id: "c1" });
  });

  test("VW8 a frame over the limit closes with 1009", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await protoViewer(run, "?replay=0");
    await viewer.nextOf("welcome");
    viewer.sendRaw(new Uint8Array(1024 * 1024 + 1));
    expect(await viewer.next()).toMatchObject({ type: "error", code: "frame_too_big" });
    expect(await viewer.closed).toMatchObject({ code: 1009 });
  });

  test("VW7 the keep-alive is a text in this mode too, answered while the room is out of memory", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await protoViewer(run, "?replay=0");
    const { keepalive } = await viewer.next();
    await evict(run);
    viewer.sendRaw((keepalive as { send: string }).send);
    expect(await viewer.next()).toEqual({ type: "keepalive_ack" });
  });
});
