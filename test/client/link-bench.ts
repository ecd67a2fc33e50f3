import type { Delivery } from "../../client/delivery.ts";
import { advance, startLink } from "../../client/link.ts";
import type { Effect, Input, Link } from "../../client/link-types.ts";
import { dueAt, linkState } from "../../client/link-view.ts";
import { batchMessage, welcomeMessage } from "./messages.ts";

/** A link with a clock that the test moves. */
export class LinkBench {
  now = 1_000_000;
  random = 0.5;
  link: Link;
  effects: Effect[];

  constructor(replaying = true, delivery?: Delivery) {
    const begun = startLink(this.now, replaying, delivery);
    this.link = begun.link;
    this.effects = begun.effects;
  }

  give(input: Input, afterMs = 0): Effect[] {
    this.now += afterMs;
    const step = advance(this.link, input, { now: this.now, random: this.random });
    this.link = step.link;
    this.effects = step.effects;
    return step.effects;
  }

  /** Moves the clock to the next moment that the machine asked for. */
  wait(): Effect[] {
    const due = dueAt(this.link, this.now);
    if (due === null) throw new Error("nothing is due");
    return this.give({ kind: "tick" }, due - this.now);
  }

  message(message: Parameters<typeof welcomeMessage>[0] | "batch", through = 0, bytes = 100): Effect[] {
    const full = message === "batch" ? batchMessage([through], through) : welcomeMessage(message);
    return this.give({ kind: "message", message: full, bytes });
  }

  get state() {
    return linkState(this.link, this.now);
  }
}
