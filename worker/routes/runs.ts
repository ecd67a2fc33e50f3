import type { Hono } from "hono";
import { z } from "zod";
import type { EventPage, RunSummary } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { deleteBlobs } from "../blobs/bucket.ts";
import type { RunPlace } from "../directory/run-list.ts";
import type { Env } from "../env.ts";
import { HttpFailure } from "../http/errors.ts";
import { eventNames, readQuery, wholeNumber } from "../http/query.ts";
import { route } from "../http/route.ts";
import { directoryOf, existing, roomOf } from "../rooms.ts";
import { EVERYTHING } from "../run/viewers/subscription.ts";

/** Runs in one answer: each that goes on is asked itself. */
const LIST_MAX = 200;
const PAGE_EVENTS_DEFAULT = 500;
const PAGE_EVENTS_MAX = 5000;

const listQuery = z.object({
  limit: wholeNumber.pipe(z.number().min(1)).default(LIST_MAX),
  /** When a run began and its id, as `next` has them. */
  before: z
    .string()
    .regex(/^[^,]{1,40},[A-Za-z0-9._-]{1,64}$/, "expected what `next` was")
    .transform((text): RunPlace => ({ created_at: text.slice(0, text.indexOf(",")), run: text.slice(text.indexOf(",") + 1) }))
    .optional(),
});

const eventQuery = z.object({
  after: wholeNumber.default(0),
  before: wholeNumber.optional(),
  limit: wholeNumber.pipe(z.number().min(1)).default(PAGE_EVENTS_DEFAULT),
  events: eventNames.optional(),
});

export function runs(app: Hono<AppContext>): void {
  /** The runs that the token covers, newest first; `next` is the `before` of the next page. */
  route(app, "GET /api/runs", async (c) => {
    const { limit, before } = readQuery(c.req.url, listQuery);
    const page = Math.min(limit, LIST_MAX);
    const found = (await directoryOf(c.env).list(c.get("grant"), page + 1, before ?? null)).map((text) => JSON.parse(text) as RunSummary);
    const listed = found.slice(0, page);
    const last = listed.at(-1);
    const next = found.length > page && last ? `${last.created_at},${last.run}` : null;
    return c.json({ runs: await Promise.all(listed.map((run) => present(c.env, run))), next });
  });

  /** One run with its snapshot and the ends of its log. */
  route(app, "GET /api/runs/:run", async (c) => json(existing(await roomOf(c.env, c.req.param("run")).detail())));

  /** Ends a run for good, with its log, commands, samples, blobs and links → 204. Again where something failed: what is left goes then. */
  route(app, "DELETE /api/runs/:run", async (c) => {
    const run = c.req.param("run");
    const existed = await roomOf(c.env, run).remove(run);
    await deleteBlobs(c.env.BLOBS, run);
    if (!existed) throw new HttpFailure("run_not_found");
    return c.body(null, 204);
  });

  /** JSON, or NDJSON by `Accept`. */
  route(app, "GET /api/runs/:run/events", async (c) => {
    const query = readQuery(c.req.url, eventQuery);
    const page = existing(
      await roomOf(c.env, c.req.param("run")).events({
        after: query.after,
        before: query.before ?? null,
        limit: Math.min(query.limit, PAGE_EVENTS_MAX),
        events: query.events ?? EVERYTHING,
      }),
    );
    if (!c.req.header("Accept")?.includes("application/x-ndjson")) return json(page);
    const { events, next } = JSON.parse(page) as EventPage;
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
    const headers: Record<string, string> = { "content-type": "application/x-ndjson", "cache-control": "no-store" };
    if (next !== null) headers["x-next"] = String(next);
    return new Response(lines, { headers });
  });
}

/** A room tells the directory of changes, not of each step: a run that goes on or is watched is asked itself. */
async function present(env: Env, listed: RunSummary): Promise<RunSummary> {
  if (!listed.agent_connected && listed.viewers === 0) return listed;
  const live = await roomOf(env, listed.run).summary();
  return live === null ? listed : (JSON.parse(live) as RunSummary);
}

function json(text: string): Response {
  return new Response(text, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
}
