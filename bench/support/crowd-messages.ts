/** What a crowd's process is told, and answers. One request at a time. */

export type Door = {
  /** Where each viewer connects, with everything in the query. */
  url: string;
  subprotocols: string[];
  headers: Record<string, string>;
  /** Whether a first message comes by itself: the viewer is there only then. */
  welcomed: boolean;
  /** Acknowledge what was read every so many bytes, by the `through` at a frame's end (VW6); 0 for never. */
  ack_every_bytes: number;
};

export type CrowdRequest =
  | { kind: "open"; door: Door; count: number }
  /** Wait until each viewer has had so many events from now on. */
  | { kind: "expect"; events: number }
  /** Close all viewers but so many. */
  | { kind: "keep"; count: number };

export type CrowdAnswer =
  | { kind: "done" }
  | { kind: "expecting" }
  /** `at`: when the last event came to the last viewer; `events`, `frames`: of all viewers; `delays`: milliseconds, of some viewers. */
  | { kind: "received"; at: number; events: number; frames: number; delays: number[] }
  /** A viewer that lost its connection, or got more than was sent: the measurement is void. */
  | { kind: "failed"; message: string };
