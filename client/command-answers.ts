import type { CommandState } from "../protocol/index.ts";

/** What became of a command that was sent: the room's state for it, or why none is known. Sending the same id again is safe (CM1). */
export type CommandAnswer = { ok: true; id: string; state: CommandState } | { ok: false; id: string; code: string; message: string };

const ANSWER_MS = 10_000;

type Waiting = { resolve: (answer: CommandAnswer) => void; timer: ReturnType<typeof setTimeout> };

/** Commands that were sent and not answered yet, in the order of sending. */
export class CommandAnswers {
  readonly #waiting = new Map<string, Waiting>();

  /** @returns the answer, or a failure after ten seconds of silence */
  wait(id: string): Promise<CommandAnswer> {
    return new Promise((resolve) => {
      this.#settle(id, { ok: false, id, code: "superseded", message: "the same command was sent again" });
      const timer = setTimeout(
        () => this.#settle(id, { ok: false, id, code: "no_answer", message: "the relay did not answer" }),
        ANSWER_MS,
      );
      this.#waiting.set(id, { resolve, timer });
    });
  }

  acknowledged(id: string, state: CommandState): void {
    this.#settle(id, { ok: true, id, state });
  }

  /** An error names the command it is about, or is about the oldest: messages of one socket are answered in order. */
  refused(id: string | null, code: string, message: string): void {
    const about = id ?? this.#waiting.keys().next().value;
    if (about !== undefined) this.#settle(about, { ok: false, id: about, code, message });
  }

  /** The link is gone: whether the commands arrived is not known. */
  lost(): void {
    for (const id of [...this.#waiting.keys()]) {
      this.#settle(id, { ok: false, id, code: "connection_lost", message: "the connection broke before the relay answered" });
    }
  }

  #settle(id: string, answer: CommandAnswer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve(answer);
  }
}
