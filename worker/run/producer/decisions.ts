import type { Hello } from "../../../protocol/index.ts";

/** PR2: the decisions about a producer, without sockets or storage. */

export type HelloDecision =
  | { kind: "continue" }
  /** The producer was acknowledged more than the room still has: what lies between is gone, numbering goes on after it. */
  | { kind: "skip"; to_seq: number }
  /** `start_seq` is the highest that counts as stored: above 0 where the room lost the life that the producer goes on with. */
  | { kind: "begin"; start_seq: number }
  | { kind: "stale" };

/**
 * @param present the life that writes now, null for a new run
 * @param known whether the room has seen the life of the hello before
 * @param storedSeq the present life's newest stored seq
 */
export function decideHello(hello: Hello, present: string | null, known: boolean, storedSeq: number): HelloDecision {
  if (hello.life === present) return hello.next_seq > storedSeq + 1 ? { kind: "skip", to_seq: hello.next_seq - 1 } : { kind: "continue" };
  if (known) return { kind: "stale" };
  return { kind: "begin", start_seq: hello.next_seq - 1 };
}

export type BatchDecision =
  | { kind: "gap"; expected: number }
  | { kind: "duplicate" }
  /** Take the batch without its first `skip` events, which are here already. */
  | { kind: "accept"; skip: number };

/** @param lastSeq the newest seq that the room has, stored or waiting */
export function decideBatch(lastSeq: number, firstSeq: number, count: number): BatchDecision {
  if (firstSeq > lastSeq + 1) return { kind: "gap", expected: lastSeq + 1 };
  if (firstSeq + count - 1 <= lastSeq) return { kind: "duplicate" };
  return { kind: "accept", skip: lastSeq + 1 - firstSeq };
}
