import { z } from "zod";
import { describe, EVENT_TYPE_MAX_LENGTH, SUBSCRIPTIONS_MAX } from "../../protocol/index.ts";
import type { Subscription } from "../run/viewers/subscription.ts";
import { subscribe } from "../run/viewers/subscription.ts";
import { HttpFailure } from "./errors.ts";

/** `?events=a,b`; null where it is absent. */
export const eventNames = z
  .string()
  .transform((text) => text.split(",").filter((name) => name !== ""))
  .pipe(z.array(z.string().max(EVENT_TYPE_MAX_LENGTH)).max(SUBSCRIPTIONS_MAX))
  .transform((names): Subscription => subscribe([], names));

/** A whole number in a query. */
export const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, "expected a whole number")
  .transform(Number);

/**
 * Reads a query through a schema; of a name given twice the first counts.
 * @param lists names that may be given several times: the schema gets all of them
 * @throws HttpFailure `invalid_message` that names the parameter
 */
export function readQuery<T>(url: string, schema: z.ZodType<T>, lists: readonly string[] = []): T {
  const { searchParams } = new URL(url);
  const query: Record<string, string | string[]> = Object.fromEntries(lists.map((name) => [name, searchParams.getAll(name)]));
  for (const [name, value] of searchParams) query[name] ??= value;
  const parsed = schema.safeParse(query);
  if (!parsed.success) throw new HttpFailure("invalid_message", describe(parsed.error));
  return parsed.data;
}
