import { ALL_EVENTS } from "../../../protocol/index.ts";

/** What a viewer wants to see: names of event types, `*` for every type. Sorted, without doubles. */
export type Subscription = readonly string[];

export const NOTHING: Subscription = [];
export const EVERYTHING: Subscription = [ALL_EVENTS];

export function subscribe(current: Subscription, names: readonly string[]): Subscription {
  return [...new Set([...current, ...names])].sort();
}

/** Unsubscribing from `*` ends only a subscription to `*`: named types stay. */
export function unsubscribe(current: Subscription, names: readonly string[]): Subscription {
  return current.filter((name) => !names.includes(name));
}

/** @returns a predicate over event types. */
export function matcher(subscription: Subscription): (type: string) => boolean {
  if (subscription.includes(ALL_EVENTS)) return () => true;
  const wanted = new Set(subscription);
  return (type) => wanted.has(type);
}

/** Viewers with the same key are sent the same frames. A name may hold any character: no list of names reads like another. */
export function subscriptionKey(subscription: Subscription): string {
  return subscription.includes(ALL_EVENTS) ? ALL_EVENTS : JSON.stringify(subscription);
}

const TAGS_MAX = 10;
const TAG_BYTES_MAX = 256;

/**
 * VW5: the hibernation tags of a viewer's socket: its kind, role and connect-time subscription. The platform allows ten tags of
 * 256 bytes; names are packed into as few as needed, and what does not fit is in the attachment alone, where all of it is.
 */
export function viewerTags(role: string, subscription: Subscription): string[] {
  const tags = ["viewer", `role:${role}`];
  const encoder = new TextEncoder();
  let packed = "";
  for (const name of subscription) {
    const longer = packed === "" ? `events:${name}` : `${packed},${name}`;
    if (encoder.encode(longer).byteLength <= TAG_BYTES_MAX) {
      packed = longer;
      continue;
    }
    tags.push(packed);
    packed = `events:${name}`;
    if (tags.length === TAGS_MAX || encoder.encode(packed).byteLength > TAG_BYTES_MAX) return tags.slice(0, TAGS_MAX);
  }
  if (packed !== "") tags.push(packed);
  return tags.slice(0, TAGS_MAX);
}
