import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CrowdAnswer, CrowdRequest, Door } from "./crowd-messages.ts";

export type Received = Extract<CrowdAnswer, { kind: "received" }>;

/** How long deliveries may take before the bench says that they never come, in milliseconds. */
const PATIENCE_MS = 300_000;

/** Many viewers of one run, in a process of their own. Any that loses its connection, or gets too much, ends the bench. */
export class Crowd {
  readonly #child: ChildProcess;
  readonly #answers: CrowdAnswer[] = [];
  #heard: () => void = () => undefined;
  #size = 0;

  constructor() {
    this.#child = fork(fileURLToPath(new URL("crowd-process.ts", import.meta.url)), { execArgv: ["--no-warnings"] });
    this.#child.on("message", (answer: CrowdAnswer) => this.#take(answer));
    this.#child.on("exit", (code) => this.#take({ kind: "failed", message: `the viewers' process ended with ${code}` }));
  }

  get size(): number {
    return this.#size;
  }

  /** Brings the number of viewers to `size`. */
  async resize(size: number, door: Door): Promise<void> {
    if (size > this.#size) await this.#ask({ kind: "open", door, count: size - this.#size }, "done");
    else if (size < this.#size) await this.#ask({ kind: "keep", count: size }, "done");
    this.#size = size;
  }

  /**
   * @param events that each viewer is going to get from now on
   * @returns a function that waits for them: call it when they are on their way
   */
  async expect(events: number): Promise<() => Promise<Received>> {
    await this.#ask({ kind: "expect", events }, "expecting");
    return () => this.#answer("received");
  }

  end(): void {
    this.#child.removeAllListeners();
    this.#child.disconnect();
  }

  async #ask<K extends CrowdAnswer["kind"]>(request: CrowdRequest, kind: K): Promise<Extract<CrowdAnswer, { kind: K }>> {
    this.#child.send(request);
    return this.#answer(kind);
  }

  async #answer<K extends CrowdAnswer["kind"]>(kind: K): Promise<Extract<CrowdAnswer, { kind: K }>> {
    let timer: NodeJS.Timeout | undefined;
    while (this.#answers.length === 0) {
      await new Promise<void>((resolve, reject) => {
        this.#heard = resolve;
        timer = setTimeout(() => reject(new Error(`the viewers did not say "${kind}" in ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
      });
      clearTimeout(timer);
    }
    const answer = this.#answers.shift();
    if (answer?.kind === "failed") throw new Error(answer.message);
    if (answer?.kind !== kind) throw new Error(`the viewers said "${answer?.kind}" instead of "${kind}"`);
    return answer as Extract<CrowdAnswer, { kind: K }>;
  }

  #take(answer: CrowdAnswer): void {
    this.#answers.push(answer);
    this.#heard();
  }
}
