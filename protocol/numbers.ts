import { z } from "zod";

/**
 * EV2: NaN and the infinities travel in JSON as the strings "NaN", "Infinity" and "-Infinity".
 * A loss that became NaN is the most important point on the chart, and JSON would turn it into null.
 */
const NON_FINITE = ["NaN", "Infinity", "-Infinity"] as const;

/** A number as it travels: finite, or one of the three names. */
export const wireNumber = z.union([z.number(), z.enum(NON_FINITE)]);
export type WireNumber = z.infer<typeof wireNumber>;

/** The same for a list, in which each would be a schema of its own. */
export function isWireNumber(value: unknown): value is WireNumber {
  return typeof value === "number" ? Number.isFinite(value) : (NON_FINITE as readonly unknown[]).includes(value);
}

/** @returns the number as it may stand in JSON. */
export function toWire(value: number): WireNumber {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "Infinity" : "-Infinity";
}

/** @returns the number that travelled as `value`; null and undefined stay null (no value is not NaN). */
export function fromWire(value: WireNumber | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
