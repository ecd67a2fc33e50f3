import type { Bill } from "./worker/bill.ts";

/**
 * Cloudflare's public prices of November 2026, in dollars, and what its free plan holds a day
 * (developers.cloudflare.com: Durable Objects pricing, Workers pricing, R2 pricing).
 */
const PRICES = {
  worker_requests: 0.3 / 1e6,
  object_requests: 0.15 / 1e6,
  gb_seconds: 12.5 / 1e6,
  rows_written: 1 / 1e6,
  rows_read: 0.001 / 1e6,
  r2_writes: 4.5 / 1e6,
  r2_reads: 0.36 / 1e6,
} as const;

/** R2's free share is a month's: a thirtieth of it. */
export const FREE_A_DAY = {
  worker_requests: 100_000,
  object_requests: 100_000,
  gb_seconds: 13_000,
  rows_written: 100_000,
  rows_read: 5_000_000,
  r2_writes: 1_000_000 / 30,
  r2_reads: 10_000_000 / 30,
} as const;

export type Priced = Record<keyof typeof PRICES, number>;

/** An object is billed for 128 MB, whatever it uses. */
const OBJECT_GB = 0.128;
/** Until a write is confirmed the object waits for it: milliseconds, of which ten are taken. */
const WRITE_MS = 10;

/**
 * @param handlerMs CPU milliseconds of one handler, measured
 * @returns what is billed; GB-seconds are those in which the object could not hibernate
 */
export function priced(bill: Bill, handlerMs: number): Priced {
  const awakeMs = bill.handlers * handlerMs + bill.writes * WRITE_MS;
  return {
    worker_requests: bill.worker_requests,
    object_requests: bill.object_requests,
    gb_seconds: (awakeMs / 1000) * OBJECT_GB,
    rows_written: bill.rows_written,
    rows_read: bill.rows_read,
    r2_writes: bill.r2_writes,
    r2_reads: bill.r2_reads,
  };
}

/** Dollars, nothing taken off for what is free. */
export function dollars(of: Priced): number {
  return Object.entries(PRICES).reduce((sum, [name, price]) => sum + of[name as keyof Priced] * price, 0);
}

/** @returns the kinds of which a day holds more than the free plan has */
export function beyondFree(of: Priced): string[] {
  return Object.entries(FREE_A_DAY).flatMap(([name, free]) => (of[name as keyof Priced] > free ? [name] : []));
}
