import { describe, expect, test } from "vitest";
import type { Producer } from "./fuzz/producer.ts";
import { Stage } from "./fuzz/stage.ts";

type Scene = { says: string; plays: (stage: Stage) => void | Promise<void> };

const viewer = (stage: Stage, name: string) => {
  const found = stage.viewers.find((one) => one.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
};

/** Changes a viewer's filter when all is stored and read, so that it is known from which offset on. */
async function filter(stage: Stage, name: string, change: "subscribe" | "unsubscribe", events: string[], then: string[]): Promise<void> {
  const one = viewer(stage, name);
  await stage.drain();
  const after = await stage.lastOffset();
  one.wire?.send({ type: change, events });
  await stage.rest();
  one.names = then;
  one.filters.push({ after, names: then });
}

/** A session with everything in it that a room is asked for. */
const SCRIPT: readonly Scene[] = [
  { says: "the agent says hello", plays: ({ producer }) => producer.connect() },
  { says: "a batched viewer comes", plays: (stage) => void stage.viewer("A", "batched", ["*"]) },
  { says: "a batch that is stored at once", plays: ({ producer }) => producer.say(3, true) },
  { says: "a batch that waits in the tail", plays: ({ producer }) => producer.say(3, false) },
  { says: "a plain viewer comes", plays: (stage) => void stage.viewer("B", "plain", ["log"]) },
  { says: "a viewer of one type comes", plays: (stage) => void stage.viewer("C", "batched", ["command_status", "training_status"]) },
  { says: "another batch that waits", plays: ({ producer }) => producer.say(4, false) },
  { says: "B subscribes to more", plays: (stage) => filter(stage, "B", "subscribe", ["unheard_of"], ["log", "unheard_of"]) },
  { says: "A acknowledges", plays: (stage) => viewer(stage, "A").acknowledge() },
  { says: "an operator sends a command", plays: (stage) => viewer(stage, "A").command("c1") },
  {
    says: "the trainer pauses",
    plays: ({ producer }) => tellStatus(producer, "paused"),
  },
  { says: "the agent answers the command", plays: ({ producer }) => void producer.answerCommand("applied") },
  { says: "B unsubscribes again", plays: (stage) => filter(stage, "B", "unsubscribe", ["log"], ["unheard_of"]) },
  { says: "a batch that nobody asked to store", plays: ({ producer }) => producer.say(5, false) },
  { says: "the agent connects once more", plays: ({ producer }) => producer.connect() },
  { says: "a frame comes twice", plays: sendTwice },
  { says: "frames come in the wrong order", plays: sendDisordered },
  { says: "A is cut off and comes back", plays: (stage) => viewer(stage, "A").connect() },
  { says: "the agent goes", plays: ({ producer }) => producer.wire?.cutByPeer(0) },
  { says: "a command while it is away", plays: (stage) => stage.command("c2") },
  { says: "the agent comes back", plays: ({ producer }) => producer.connect() },
  { says: "what was said meanwhile", plays: ({ producer }) => producer.say(6, true) },
  { says: "a new life", plays: beginAnew },
  { says: "its first events", plays: ({ producer }) => producer.say(4, false) },
  { says: "B is cut off and comes back", plays: (stage) => viewer(stage, "B").connect() },
  {
    says: "the run ends",
    plays: ({ producer }) => tellStatus(producer, "completed"),
  },
];

function tellStatus(producer: Producer, status: string): void {
  const name = `${producer.life}:${producer.events.length + 1}`;
  producer.events.push({ type: "training_status", timestamp: new Date().toISOString(), name, status });
  producer.send(9, true);
}

/** One event was shown and not stored, another was never sent. */
function beginAnew({ producer }: Stage): void {
  producer.say(1, false);
  producer.produce(1, false);
  producer.loseSpool();
}

function sendTwice({ producer }: Stage): void {
  producer.produce(2, false);
  const from = producer.cursor;
  producer.send(2, false);
  producer.cursor = from;
  producer.send(2, false);
}

function sendDisordered({ producer }: Stage): void {
  producer.produce(4, false);
  const from = producer.cursor;
  if (from === null) return;
  producer.cursor = from + 2;
  producer.send(2, false);
  producer.cursor = from;
  producer.send(2, true);
  producer.cursor = from + 2;
}

/** @param evicts what happens to the object after each scene */
async function play(evicts: (scene: number) => "hibernate" | "close" | null): Promise<string> {
  const stage = new Stage(7);
  try {
    for (const [index, { says, plays }] of SCRIPT.entries()) {
      stage.diary.push(says);
      await plays(stage);
      await stage.rest();
      const how = evicts(index);
      if (how === null) continue;
      stage.diary.push(`    eviction: ${how}`);
      await stage.evict(how);
      await stage.rest();
    }
    stage.diary.push("the end");
    await stage.end();
    return "";
  } catch (error) {
    return `${stage.diary.join("\n")}\n${error instanceof Error ? error.stack : String(error)}`;
  }
}

describe("a session whose room is taken away", () => {
  test("VW5 plainly, nothing is lost", async () => {
    expect(await play(() => null)).toBe("");
  });

  test.each(["hibernate", "close"] as const)("VW5 evicted between every two steps (%s), nothing is lost or doubled", async (how) => {
    expect(await play(() => how)).toBe("");
  });

  test.each(["hibernate", "close"] as const)(
    "VW5 evicted now and then, after any step (%s), nothing is lost or doubled",
    async (how) => {
      for (let rest = 0; rest < 5; rest++) expect(await play((scene) => (scene % 5 === rest ? how : null))).toBe("");
    },
    60_000,
  );

  test("VW5 evicted now one way, now the other, nothing is lost or doubled", async () => {
    expect(await play((scene) => (scene % 3 === 0 ? "close" : "hibernate"))).toBe("");
    expect(await play((scene) => (scene % 3 === 1 ? "close" : "hibernate"))).toBe("");
  }, 60_000);
});
