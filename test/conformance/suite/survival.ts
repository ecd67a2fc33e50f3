import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { childrenOf } from "../../support/processes.ts";
import { until } from "../../support/until.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { messages, withoutHole } from "../support/events.ts";
import { agentOf, kill, python } from "../support/runcast.ts";
import { underWay, whole } from "../support/training.ts";
import { ofType, watch } from "../support/watched.ts";

/** A training that writes to a file how long the callbacks of its longest step took, in seconds. */
const timed = (file: string, steps: number) => `
import json, os, runcast, time
longest = 0.0
for n in range(${steps}):
    began = time.perf_counter()
    runcast.progress(n, max_step=${steps}, max_epoch=1)
    runcast.log({"loss": 0.5, "lr": 0.1}, n)
    runcast.log(f"step {n}")
    longest = max(longest, time.perf_counter() - began)
    if n % 3 == 0:
        time.sleep(0.001)
draft = ${JSON.stringify(file)} + ".draft"
with open(draft, "w") as out:
    json.dump({"longest": longest}, out)
os.rename(draft, ${JSON.stringify(file)})`;

const longestIn = (file: string) => (JSON.parse(readFileSync(file, "utf8")) as { longest: number }).longest;

/** Whoever waits for a network waits for longer; a machine that is busy may hold up any thread for a while. In seconds. */
const CALLBACK_S = 2;

/** PR4, PR6: whatever happens to the agent, the relay and the line between them, the training goes on and nothing is lost. */
export const survival = [
  conform(
    "PR4 kill -9 of the agent in the middle of a run: another takes over, and every event is there once",
    async (at) => {
      const started = await underWay(at);
      const agent = await agentOf(started);
      kill(agent, "SIGKILL");
      const second = await agentOf(started, agent);
      kill(second, "SIGKILL");
      await started.endWhenSeen();
      const { code, events } = await started.over();
      assert.equal(code, 0);
      whole(events);
    },
    { needs: ["python", "linux"] },
  ),

  conform(
    "PR4, PR1 a line that breaks again and again loses nothing and doubles nothing",
    async (at) => {
      const wire = await at.wire();
      const started = await underWay(at, wire.url);
      // The agent waits longer each time.
      for (let n = 0; n < 2; n++) {
        const asked = wire.asked;
        wire.set("cut");
        await until(() => wire.asked > asked, { what: "the agent to try again", timeout_ms: 60_000 });
        wire.set("whole");
        await until(() => agentConnected(at), { what: "the agent's return", timeout_ms: 60_000 });
      }
      await started.endWhenSeen();
      const { code, events } = await started.over();
      assert.equal(code, 0);
      whole(events);
    },
    { needs: ["python", "plain-http"] },
  ),

  conform(
    "PR4 a relay that is away for the whole run gets it all with the next run of that id",
    async (at) => {
      const wire = await at.wire();
      wire.set("cut");
      const offline = await watch(at, python('print("first time")'), { relay: wire.url });
      assert.equal((await offline.closed).code, 0);
      assert.match(offline.stderr(), /could not be delivered/);
      wire.set("whole");
      const online = await watch(at, python('print("second time")'), { relay: wire.url });
      const { code, events } = await online.over();
      assert.equal(code, 0);
      withoutHole(events, 1, events.length);
      assert.deepEqual(messages(ofType(events, "log")), ["first time", "second time"]);
    },
    { needs: ["python", "plain-http"] },
  ),

  ...(["cut", "silent"] as const).map((state) =>
    conform(
      `PR6 no callback of the trainer waits for a relay that is ${state === "cut" ? "away" : "there and never answers"}`,
      async (at) => {
        const wire = await at.wire();
        wire.set(state);
        const timings = join(at.folder(), "timings.json");
        const started = await watch(at, python(timed(timings, 3000)), { relay: wire.url });
        assert.equal((await started.closed).code, 0);
        assert.ok(wire.asked > 0, "the agent has tried");
        assert.ok(longestIn(timings) < CALLBACK_S, `a step's callbacks took ${longestIn(timings)} s`);
      },
      { needs: ["python", "plain-http"] },
    ),
  ),

  conform(
    "PR6 the agent's death holds up no callback either: killed whenever it comes back, the training goes on",
    async (at) => {
      const timings = join(at.folder(), "timings.json");
      const started = await watch(at, python(timed(timings, 3000)));
      let over = false;
      const killing = (async () => {
        while (!over) {
          for (const { pid, command } of childrenOf(started.child.pid)) if (command.includes("_agent")) kill(pid, "SIGKILL");
          await delay(20);
        }
      })();
      await until(() => existsSync(timings), { what: "the end of the training", timeout_ms: 60_000 });
      over = true;
      await killing;
      assert.ok(longestIn(timings) < CALLBACK_S, `a step's callbacks took ${longestIn(timings)} s`);
      await started.end();
    },
    { needs: ["python", "linux"] },
  ),
];

async function agentConnected(at: Context): Promise<boolean> {
  const { json } = await at.http(`/api/runs/${at.run}`, "viewer");
  return (json as { agent_connected?: boolean }).agent_connected === true;
}
