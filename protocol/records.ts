import { z } from "zod";
import { isShallow } from "./depth.ts";
import { JSON_DEPTH_MAX } from "./limits.ts";

/** Objects whose keys come from outside. */

/** Anything under any name, as deep as it can be written again. */
export const shallowRecord = z
  .record(z.string(), z.unknown())
  // What else is asked of it may write it.
  .refine((value) => isShallow(value), { message: `nests deeper than ${JSON_DEPTH_MAX}`, abort: true });

/** `name`: how many characters a key may have. */
type Bounds = { entries: number; name: { min: number; max: number } };

/**
 * A record that is looked at here, as a whole: zod would note each wrong entry, and a million of them end the stack and the memory of whoever
 * reads it.
 * @param message what is wrong with one that does not fit
 */
export function boundedRecord<T>({ entries, name }: Bounds, isValue: (value: unknown) => value is T, message: string) {
  const fits = (value: unknown): boolean => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const given = Object.entries(value);
    if (given.length > entries) return false;
    return given.every(([key, each]) => key.length >= name.min && key.length <= name.max && isValue(each));
  };
  return z.custom<Record<string, T>>(fits, message);
}
