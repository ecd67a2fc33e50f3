import type { AnyEvent, CommandRecord, CommandRequest, CommandState } from "../../../protocol/index.ts";
import type { RoomCore } from "../core.ts";
import { advance, type Command, type CommandUpdate, expire, handOver, isFor, isOpen, queueCommand } from "./command.ts";
import type { CommandBook } from "./command-book.ts";

const OVER: ReadonlySet<unknown> = new Set(["completed", "stopped", "error"]);

/** The room's side of commands (CM1): asks, hands over, and says each state as an event of the run. */
export class CommandDesk {
  readonly #core: RoomCore;
  readonly #book: CommandBook;
  readonly #deliver: (command: Command) => boolean;

  /** @param deliver hands a command to the agent; false without one */
  constructor(core: RoomCore, book: CommandBook, deliver: (command: Command) => boolean) {
    this.#core = core;
    this.#book = book;
    this.#deliver = deliver;
  }

  /** All commands, newest first. */
  records(): CommandRecord[] {
    return this.#book.records();
  }

  /** Commands without a terminal state. */
  open(): CommandRecord[] {
    return this.#book.open().map((command) => command.record);
  }

  /** Asks for a command; the same id twice runs once. @returns its state now */
  request(request: CommandRequest, by: string, now: number): CommandState {
    const known = this.#book.get(request.id);
    if (known) return known.record.state;
    const command = queueCommand(request, by, now);
    this.#enter(command, now);
    if (OVER.has(this.#core.log.state.training_status?.status)) {
      return this.update(request.id, { state: "rejected", global_step: null, error: "the training has ended" }, now);
    }
    this.#core.effects.alarm(command.expires_at);
    return this.#hand(command, now) ? "delivered" : "queued";
  }

  /** What the agent says of a command. @returns its state after it; `failed` for one that nobody asked for */
  update(id: string, update: CommandUpdate, now: number): CommandState {
    const command = this.#book.get(id);
    if (!command) return "failed";
    const next = advance(command, update);
    if (!next) return command.record.state;
    this.#enter(next, now);
    if (isOpen(next)) this.#core.effects.alarm(next.expires_at);
    return next.record.state;
  }

  /** Hands to a producer that has just come what waits for it, and asks it again for what it was given before. */
  handOpen(now: number): void {
    const { life } = this.#core.log;
    for (const command of this.#book.open()) {
      if (!isFor(command, life, now)) continue;
      if (command.record.state === "queued") this.#hand(command, now);
      else this.#deliver(command);
    }
  }

  /** Sent first, then stored: what a crash leaves as queued is sent again, and runs once by its id. @returns false without a producer */
  #hand(command: Command, now: number): boolean {
    if (!this.#deliver(command)) return false;
    const handed = handOver(command, this.#core.log.life);
    if (handed) this.#enter(handed, now);
    return true;
  }

  /** Ends what ran out of time, and asks to be woken for what still has some. */
  expire(now: number): void {
    for (const command of this.#book.open()) {
      const expired = expire(command, now);
      if (expired) {
        this.#enter(expired, now);
      } else {
        this.#core.effects.alarm(command.expires_at);
      }
    }
  }

  /** Stores the command's new state together with the event that tells of it. */
  #enter(command: Command, now: number): void {
    const { id, requested_at: _, ...fields } = command.record;
    const event: AnyEvent = { type: "command_status", timestamp: new Date(now).toISOString(), command_id: id, ...fields };
    this.#core.own.place(event, now, () => this.#book.put(command));
  }
}
