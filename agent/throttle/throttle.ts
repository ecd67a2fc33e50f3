import { type AnyEvent, LATEST_WINS } from "../../protocol/events.ts";

/**
 * EV1: *latest wins* events at most once in `interval_ms` for each type, leading and trailing edge: the first goes at once, the
 * last of a burst always arrives. Every other event passes untouched and at once.
 *
 * Pure: the caller owns the timer. `now` is milliseconds of any one clock; a monotonic one is best, and a step backwards of a
 * wall clock releases what is held rather than holding it for as long as the step was.
 */
export type Throttle = {
  /** @returns what may go now: the event itself, or nothing while its type's interval runs. */
  offer(event: AnyEvent, now: number): AnyEvent[];
  /** @returns when {@link Throttle.take} will have something, or null while nothing is held. */
  due(): number | null;
  /** @returns the held events whose interval is over, in the order in which their newest version was offered. */
  take(now: number): AnyEvent[];
  /** @returns everything that is held, whatever the clock says: the run ended, or the agent is about to. */
  flush(now: number): AnyEvent[];
};

/** @param options.interval_ms shortest time between two events of one *latest wins* type */
export function createThrottle(options: { interval_ms: number }): Throttle {
  const { interval_ms } = options;
  const sentAt = new Map<string, number>();
  // A Map keeps the order of insertion; a newer version is moved to the end, so that held events go out in the order of their content.
  const held = new Map<string, AnyEvent>();

  const mayGo = (type: string, now: number): boolean => {
    const sent = sentAt.get(type);
    return sent === undefined || now >= sent + interval_ms || now < sent;
  };

  const release = (now: number, ready: (type: string) => boolean): AnyEvent[] => {
    const released = [...held].filter(([type]) => ready(type));
    for (const [type] of released) {
      held.delete(type);
      sentAt.set(type, now);
    }
    return released.map(([, event]) => event);
  };

  return {
    offer(event, now) {
      const { type } = event;
      if (!LATEST_WINS.has(type)) return [event];
      // The held one, if any, is older than this one: it is replaced either way.
      held.delete(type);
      if (!mayGo(type, now)) {
        held.set(type, event);
        return [];
      }
      sentAt.set(type, now);
      return [event];
    },
    due() {
      let earliest: number | null = null;
      for (const type of held.keys()) {
        const at = (sentAt.get(type) ?? 0) + interval_ms;
        if (earliest === null || at < earliest) earliest = at;
      }
      return earliest;
    },
    take: (now) => release(now, (type) => mayGo(type, now)),
    flush: (now) => release(now, () => true),
  };
}
