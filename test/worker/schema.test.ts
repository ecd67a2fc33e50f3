import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { migrate, SCHEMA_VERSION } from "../../worker/run/storage/schema.ts";
import { FIRST_SCHEMA } from "./support/first-schema.ts";
import { evict, newRun, room } from "./support/rooms.ts";
import { agent, batchedViewer, line, messages } from "./support/sockets.ts";

/** A room that the first version of the relay has stored, asleep. */
async function storedLongAgo(): Promise<string> {
  const run = newRun();
  await runInDurableObject(room(run), (_, state) => {
    state.storage.sql.exec(FIRST_SCHEMA);
    state.storage.sql.exec("UPDATE meta SET value = ? WHERE key = 'run'", run);
  });
  await evict(run);
  return run;
}

describe("the schema", () => {
  test("PR1 a run of the first version is read whole, and goes on with the same numbering", async () => {
    const run = await storedLongAgo();
    const viewer = await batchedViewer(run);
    const welcome = await viewer.nextOf("welcome");
    expect(welcome).toMatchObject({ log_id: "numbering1", oldest_offset: 2, last_offset: 5 });
    expect(welcome.snapshot).toMatchObject({ training_status: { status: "running" }, run_info: { name: "an old run" } });
    expect(messages((await viewer.nextOf("batch")).events)).toEqual(["2", "3", "4"]);
    const resumed = await batchedViewer(run, "?since=numbering0:2");
    expect(await resumed.nextOf("welcome")).toMatchObject({ recovered: true });

    const producer = await agent(run, { life: "life-1", next_seq: 3, sent_seq: 2 });
    expect(producer.ready).toMatchObject({ last_seq: 2 });
    producer.batch([line("6"), line("7")]);
    await producer.nextOf("ack");
    await evict(run);
    const late = await batchedViewer(run, "?since=numbering1:4");
    expect(await late.nextOf("welcome")).toMatchObject({ recovered: true, log_id: "numbering1" });
    expect(messages((await late.nextOf("batch")).events)).toEqual(["6", "7"]);
  });

  test("CM1 open commands of the first version are still open, ended ones stay ended", async () => {
    const run = await storedLongAgo();
    const viewer = await batchedViewer(run, "?replay=0");
    const { snapshot } = await viewer.nextOf("welcome");
    expect((snapshot as { commands: { id: string }[] }).commands.map((command) => command.id)).toEqual(["waits", "sent"]);
    const producer = await agent(run, { life: "life-1", next_seq: 3, sent_seq: 2 });
    expect(await producer.nextOf("command")).toMatchObject({ id: "waits", command: "save" });
    producer.send({ type: "command_update", id: "waits", state: "applied", global_step: 7 });
    producer.batch([line("6")]);
    await producer.nextOf("ack");
    const again = await batchedViewer(run, "?replay=0");
    const open = (await again.nextOf("welcome")).snapshot as { commands: { id: string }[] };
    expect(open.commands.map((command) => command.id)).toEqual(["sent"]);
  });

  test("PR1 tables of a later version are refused, and left as they are", async () => {
    await runInDurableObject(room(newRun()), (_, state) => {
      state.storage.sql.exec("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
      expect(() => migrate(state.storage.sql, SCHEMA_VERSION + 1)).toThrow(/newer relay/);
      expect(state.storage.sql.exec("SELECT * FROM meta").toArray()).toEqual([]);
    });
  });
});
