import type { Context } from "hono";
import type { z } from "zod";
import { describe } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { HttpFailure } from "./errors.ts";

/**
 * Reads a JSON body through a schema.
 * @throws HttpFailure `invalid_json`, or `invalid_message` that names the field
 */
export async function readBody<T>(c: Context<AppContext>, schema: z.ZodType<T>): Promise<T> {
  const text = await c.req.text().catch(brokeOff);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new HttpFailure("invalid_json");
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new HttpFailure("invalid_message", describe(parsed.error));
  return parsed.data;
}

/**
 * What reading a body failed with, as a failure that is expected: whoever sent it went away in the middle, which anybody can do as often as
 * he likes, and is nothing for the log.
 * @throws HttpFailure `invalid_message`
 */
export function brokeOff(): never {
  throw new HttpFailure("invalid_message", "the body broke off");
}
