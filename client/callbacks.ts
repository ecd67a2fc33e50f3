import type { RoomMessage } from "../protocol/index.ts";
import { guarded } from "./guarded.ts";
import type { ConnectOptions } from "./options.ts";
import type { Received } from "./received.ts";
import type { LinkState } from "./state.ts";

/** The functions that a connection's user has given. What one of them throws takes nothing else along. */
export class Callbacks {
  readonly #given: ConnectOptions;

  constructor(given: ConnectOptions) {
    this.#given = given;
  }

  received(received: Received): void {
    const { onWelcome, onEvent, onOther } = this.#given;
    if (received.kind === "welcome") guarded(() => onWelcome?.(received.welcome));
    else if (received.kind === "event") guarded(() => onEvent?.(received.event));
    else guarded(() => onOther?.(received.event));
  }

  state(state: LinkState): void {
    guarded(() => this.#given.onState?.(state));
  }

  answer(message: RoomMessage): void {
    guarded(() => this.#given.onAnswer?.(message));
  }
}
