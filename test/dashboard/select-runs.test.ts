import { describe, expect, test } from "vitest";
import { choiceOf, kindOf, searchOf, selected } from "../../dashboard/runs/select.ts";
import { roleIn } from "../../dashboard/session/token-text.ts";
import type { RunSummary } from "../../protocol/index.ts";

const AT = "2026-11-25T10:00:00.000Z";
const run = (id: string, more: Partial<RunSummary> = {}): RunSummary => ({
  ...{ run: id, name: null, status: "running", created_at: AT, updated_at: AT, viewers: 0, agent_connected: true, progress: null },
  ...more,
});
const ids = (runs: readonly RunSummary[]) => runs.map((each) => each.run);
const ALL = { query: "", kind: null, order: "newest" } as const;

describe("what of the list is wanted", () => {
  test("HTTP stands in the address, and nonsense there is the whole list", () => {
    const choice = { query: "rank 32", kind: "failed", order: "loss" } as const;
    expect(searchOf(choice)).toBe("?q=rank+32&status=failed&sort=loss");
    expect(choiceOf(searchOf(choice))).toEqual(choice);
    expect([searchOf(ALL), choiceOf("?status=nonsense&sort=up")]).toEqual(["", ALL]);
  });

  test("HL1 what is not over and has no agent is offline, whatever it said last", () => {
    expect(kindOf(run("a"))).toBe("running");
    expect(kindOf(run("a", { status: "paused" }))).toBe("paused");
    expect(kindOf(run("a", { agent_connected: false }))).toBe("offline");
    expect(kindOf(run("a", { status: "stopped", agent_connected: false }))).toBe("done");
    expect(kindOf(run("a", { status: "error", agent_connected: false }))).toBe("failed");
    expect(kindOf(run("a", { status: null }))).toBe("running");
  });

  test("HTTP every word is looked for in name, id and owner, in any order", () => {
    const runs = [run("lora-1", { name: "Flux rank 32", owner: "Ada" }), run("lora-2", { name: "Flux rank 64" }), run("full")];
    const found = (query: string) => ids(selected(runs, { ...ALL, query }));
    expect([found("flux"), found("32 FLUX"), found("ada"), found("lora"), found("none")]).toEqual([
      ["lora-1", "lora-2"],
      ["lora-1"],
      ["lora-1"],
      ["lora-1", "lora-2"],
      [],
    ]);
  });

  test("HTTP orders: names as people count, progress from the front, the least loss first and what is no number last", () => {
    const progress = (epoch: number) => ({ type: "training_progress", epoch, step: 0, max_step: 10, max_epoch: 10 });
    const runs = [
      run("a", { name: "run 10", progress: progress(1), loss: { steps: [1], values: ["NaN"] } }),
      run("b", { name: "run 9", progress: progress(8), loss: { steps: [1], values: [0.5] } }),
      run("c", { name: "other", loss: { steps: [1, 2], values: [9, 0.1] } }),
    ];
    const by = (order: "name" | "progress" | "loss") => ids(selected(runs, { ...ALL, order }));
    expect([by("name"), by("progress"), by("loss")]).toEqual([
      ["c", "b", "a"],
      ["b", "a", "c"],
      ["c", "b", "a"],
    ]);
  });
});

test("AC1 the role that a token says is read for what is offered, and nonsense has none", () => {
  const token = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.y`;
  expect([roleIn(token({ role: "owner", sub: "Ada Löwe" })), roleIn(token({ role: "king" })), roleIn("a.b.c"), roleIn("")]).toEqual([
    "owner",
    null,
    null,
    null,
  ]);
});
