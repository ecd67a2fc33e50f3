import type { Hono } from "hono";
import type { AnyEvent } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { HttpFailure } from "../http/errors.ts";
import { route } from "../http/route.ts";
import { existing, roomOf } from "../rooms.ts";

export function samples(app: Hono<AppContext>): void {
  /** Every `sample_generated` of the run, newest first. */
  route(app, "GET /api/runs/:run/samples", async (c) => {
    const found = existing(await roomOf(c.env, c.req.param("run")).samples());
    return c.json({ samples: JSON.parse(found) as AnyEvent[] });
  });

  route(app, "GET /api/runs/:run/samples/:id", async (c) => {
    const found = existing(await roomOf(c.env, c.req.param("run")).sample(c.req.param("id")));
    const sample = JSON.parse(found) as AnyEvent | null;
    if (sample === null) throw new HttpFailure("not_found", "there is no such sample");
    return c.json(sample);
  });
}
