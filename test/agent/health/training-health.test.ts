import { describe, expect, test } from "vitest";
import { createDigest, type Digest, type DigestState } from "../../../agent/session/digest.ts";
import type { TrainerExit } from "../../../agent/session/ipc.ts";
import { baseRunInfo } from "../../../agent/session/run-info.ts";
import { type AnyEvent, type HookMessage, hookMessage, parseEvent } from "../../../protocol/index.ts";

const STARTED_MS = Date.UTC(2026, 10, 23);
const PID = 4711;

/** An agent's digest with its clocks; it looks every two seconds, as the agent does for its statistics. */
class Agent {
  /** All that was told of the training's health. */
  readonly told: AnyEvent[] = [];
  #digest: Digest;
  #ms = 0;
  #asleep = 0;
  #n = 0;
  #step = 0;

  constructor() {
    this.#digest = createDigest({ runInfo: baseRunInfo("a run", new Date(STARTED_MS).toISOString()), at: STARTED_MS }, false);
    this.#digest.started(PID);
    this.#take({ type: "run_info", trainer: "onetrainer" });
  }

  steps(times: number, every_ms: number): this {
    for (let i = 0; i < times; i += 1) {
      this.quiet(every_ms);
      this.#step += 1;
      this.#take({ type: "progress", epoch: 0, epoch_step: this.#step, global_step: this.#step, max_step: 1000, max_epoch: 1 });
    }
    return this;
  }

  status(text: string): this {
    return this.#take({ type: "status_text", text });
  }

  /** What the hook of a pause, and the explicit API, say. */
  says(status: string, phase: string): this {
    return this.#take({ type: "status", status, phase });
  }

  quiet(ms: number): this {
    for (let left = ms; left > 0; left -= 2000) {
      this.#ms += Math.min(2000, left);
      this.#take();
    }
    return this;
  }

  /** Its machine sleeps, and its monotonic clock with it. */
  suspended(ms: number): this {
    this.#asleep += ms;
    return this.#take();
  }

  ends(exit: TrainerExit): this {
    return this.#take(undefined, exit);
  }

  /** After a kill -9 another one takes its place, with a monotonic clock of its own. */
  replaced(away_ms: number): this {
    const left = JSON.parse(JSON.stringify(this.#digest.state())) as DigestState;
    this.#ms += away_ms;
    this.#digest = createDigest(left, false);
    this.#digest.started(PID);
    return this.#take();
  }

  #take(fields?: Record<string, unknown>, exit: TrainerExit | null = null): this {
    const wall = STARTED_MS + this.#ms + this.#asleep;
    this.#n += 1;
    const message = fields && (hookMessage.parse({ n: this.#n, t: wall / 1000, ...fields }) as HookMessage);
    const batch = { hook: message ? [{ session: "s1", message }] : [], console: [], own: [], exit };
    const { events } = this.#digest.take(batch, { wall, monotonic: this.#ms });
    this.told.push(...events.filter(({ type }) => type === "training_health"));
    return this;
  }

  get words(): unknown[] {
    return this.told.map(({ progress }) => (progress as { state: string }).state);
  }
}

const running = () => new Agent().status("Loading the model ...").status("Training ...");

describe("what the agent tells of a training's health", () => {
  test("HL1 while steps come it says so once, with a process that lives, in the protocol's words", () => {
    const { told } = running().steps(500, 1000);
    expect(told.map((event) => parseEvent(event).kind)).toEqual(["known", "known"]);
    const alive = { state: "alive", pid: PID, exit_code: null, signal: null };
    expect(told[0]).toMatchObject({ process: alive, progress: { state: "waiting", phase: null, reason: null } });
    expect(told[1]).toMatchObject({ process: alive, progress: { state: "advancing", phase: "training", reason: null } });
  });

  test("HL1 a stall is told once, with since when, what is usual and why; the next step takes it back once", () => {
    const agent = running().steps(50, 1000).quiet(600_000);
    expect(agent.words).toEqual(["waiting", "advancing", "stalled"]);
    expect(agent.told[2]).toMatchObject({
      timestamp: new Date(STARTED_MS + 82_000).toISOString(),
      progress: {
        since: new Date(STARTED_MS + 50_000).toISOString(),
        phase: "training",
        usual_s: 1,
        threshold_s: 30,
        reason: "no step for 32 s; usual 1.0 s, threshold 30 s",
      },
    });
    expect(agent.steps(50, 1000).words).toEqual(["waiting", "advancing", "stalled", "advancing"]);
  });

  test("HL1 a pause is told as one, however long it lasts", () => {
    const agent = running().steps(50, 1000).says("paused", "training").quiet(7_200_000).says("running", "training").steps(5, 1000);
    expect(agent.words).toEqual(["waiting", "advancing", "paused", "advancing"]);
  });

  test("HL1 a machine that slept for an hour tells of no stall", () => {
    const agent = running().steps(50, 1000).suspended(3_600_000).quiet(20_000).steps(5, 1000);
    expect(agent.words).toEqual(["waiting", "advancing"]);
  });

  test("HL1 an agent that is killed in the middle of a stall is followed by one that knows of it", () => {
    const agent = running().steps(50, 1000).quiet(60_000).replaced(30_000).quiet(60_000);
    expect(agent.words).toEqual(["waiting", "advancing", "stalled"]);
    expect(agent.steps(5, 1000).words).toEqual(["waiting", "advancing", "stalled", "advancing"]);
  });

  test("HL1 an agent that is killed while a stall begins is followed by one that tells it", () => {
    const agent = running().steps(50, 1000).quiet(20_000).replaced(5000).quiet(20_000);
    expect(agent.words).toEqual(["waiting", "advancing", "stalled"]);
  });

  test.each<[string, TrainerExit, object]>([
    ["with 0", { code: 0, signal: null, passedOn: null }, { exit_code: 0, signal: null }],
    ["with an error", { code: 1, signal: null, passedOn: null }, { exit_code: 1, signal: null }],
    ["by a signal", { code: null, signal: "SIGKILL", passedOn: null }, { exit_code: null, signal: "SIGKILL" }],
  ])("HL1 a trainer that ends %s is told with it, once, also where it was stalled", (_how, exit, figures) => {
    const agent = running().steps(50, 1000).quiet(60_000).ends(exit).quiet(60_000).replaced(1000);
    expect(agent.words).toEqual(["waiting", "advancing", "stalled", "over"]);
    expect(agent.told.at(-1)).toMatchObject({ process: { state: "exited", pid: PID, ...figures }, progress: { reason: null } });
  });
});
