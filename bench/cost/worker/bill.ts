/** What the platform counts. Rows are those that its own cursors report. */
export type Bill = {
  /** Requests to the Worker: upgrades, uploads, pictures. */
  worker_requests: number;
  /** Requests to objects: upgrades, calls and alarms as they are; incoming WebSocket messages 20 to 1. */
  object_requests: number;
  messages_in: number;
  /** Not billed. */
  frames_out: number;
  rows_written: number;
  rows_read: number;
  /** Times that something woke the object: it cannot hibernate while it works on it. */
  handlers: number;
  /** Of those, the ones that wrote, and so waited for the write to be confirmed. */
  writes: number;
  r2_writes: number;
  r2_reads: number;
};

export const EMPTY_BILL: Readonly<Bill> = {
  worker_requests: 0,
  object_requests: 0,
  messages_in: 0,
  frames_out: 0,
  rows_written: 0,
  rows_read: 0,
  handlers: 0,
  writes: 0,
  r2_writes: 0,
  r2_reads: 0,
};
