import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Env } from "../../../worker/env.ts";
import { Room } from "../../../worker/run/room.ts";
import { RoomStore } from "../../../worker/run/storage/store.ts";

const bindings = env as unknown as Env;

export function room(run: string) {
  return bindings.RUN_ROOM.get(bindings.RUN_ROOM.idFromName(run));
}

/** Takes the room out of memory; its sockets hibernate, or are cut. */
export async function evict(run: string, webSockets: "hibernate" | "close" = "hibernate"): Promise<void> {
  await evictDurableObject(room(run), { webSockets });
}

/**
 * A room without sockets over the run's own storage, as it is after a crash, to play with the clock.
 * Evict the run afterwards: the object's own room has not seen what happened.
 */
export async function alone(run: string, wokenAt: number, play: (room: Room) => void): Promise<void> {
  await runInDurableObject(room(run), (_, state) => {
    const store = new RoomStore(state.storage);
    store.open();
    const effects = { alarm: () => undefined, listed: () => undefined, newId: () => crypto.randomUUID(), identify: () => undefined };
    play(new Room({ store, storage: state.storage, effects, logger: () => undefined, sentSeq: null, clock: () => wokenAt }));
  });
}

let made = 0;
/** A run's id that no other test has. */
export function newRun(): string {
  made += 1;
  return `run-${made}-${crypto.randomUUID().slice(0, 8)}`;
}
