import { Hono } from "hono";
import type { AnyEvent } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { access } from "../auth/access.ts";
import { HttpFailure } from "../http/errors.ts";
import { existing, roomOf } from "../rooms.ts";

export const samples = new Hono<AppContext>()
  /** `GET /api/runs/:run/samples`: every `sample_generated` of the run, newest first. */
  .get("/api/runs/:run/samples", access("read"), async (c) => {
    const found = existing(await roomOf(c.env, c.req.param("run")).samples());
    return c.json({ samples: JSON.parse(found) as AnyEvent[] });
  })
  .get("/api/runs/:run/samples/:id", access("read"), async (c) => {
    const found = existing(await roomOf(c.env, c.req.param("run")).sample(c.req.param("id")));
    const sample = JSON.parse(found) as AnyEvent | null;
    if (sample === null) throw new HttpFailure("not_found", "there is no such sample");
    return c.json(sample);
  });
