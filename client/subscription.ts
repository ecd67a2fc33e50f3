import { ALL_EVENTS } from "../protocol/index.ts";

/** Event types that a viewer wants, and those that its present socket was asked for: they differ while a socket is being opened. */
export class Subscription {
  #wanted: readonly string[];
  #asked: readonly string[] = [];

  /** @param wanted event types; every type without it */
  constructor(wanted: readonly string[] = [ALL_EVENTS]) {
    this.#wanted = [...wanted];
  }

  /** @returns what to ask a new socket for */
  ask(): readonly string[] {
    this.#asked = this.#wanted;
    return this.#asked;
  }

  add(names: readonly string[]): void {
    this.#wanted = [...new Set([...this.#wanted, ...names])];
  }

  remove(names: readonly string[]): void {
    this.#wanted = this.#wanted.filter((name) => !names.includes(name));
  }

  /** @returns the messages that make the socket's subscription the wanted one */
  messages(): { type: "subscribe" | "unsubscribe"; events: string[] }[] {
    const added = this.#wanted.filter((name) => !this.#asked.includes(name));
    const removed = this.#asked.filter((name) => !this.#wanted.includes(name));
    this.#asked = this.#wanted;
    return [
      ...(removed.length > 0 ? [{ type: "unsubscribe" as const, events: removed }] : []),
      ...(added.length > 0 ? [{ type: "subscribe" as const, events: added }] : []),
    ];
  }
}
