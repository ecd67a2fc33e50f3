import type { Hono } from "hono";
import { z } from "zod";
import type { AnyEvent } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { HttpFailure } from "../http/errors.ts";
import { readQuery, wholeNumber } from "../http/query.ts";
import { route } from "../http/route.ts";
import { existing, roomOf } from "../rooms.ts";

const sampleQuery = z.object({
  before: wholeNumber.default(Number.MAX_SAFE_INTEGER),
  limit: wholeNumber.pipe(z.number().min(1)).default(Number.MAX_SAFE_INTEGER - 1),
});

export function samples(app: Hono<AppContext>): void {
  /** The `sample_generated` events of the run, newest first: all of them, or `limit` before an offset, and then `next` goes on from there. */
  route(app, "GET /api/runs/:run/samples", async (c) => {
    const { before, limit } = readQuery(c.req.url, sampleQuery);
    const found = existing(await roomOf(c.env, c.req.param("run")).samples({ before, limit }));
    return new Response(found, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
  });

  route(app, "GET /api/runs/:run/samples/:id", async (c) => {
    const found = existing(await roomOf(c.env, c.req.param("run")).sample(c.req.param("id")));
    const sample = JSON.parse(found) as AnyEvent | null;
    if (sample === null) throw new HttpFailure("not_found", "there is no such sample");
    return c.json(sample);
  });
}
