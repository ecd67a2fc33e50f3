import type { Hono } from "hono";
import { z } from "zod";
import {
  HISTORY_POINTS_DEFAULT,
  HISTORY_POINTS_MAX,
  type RunMetrics,
  SERIES_NAME_MAX_LENGTH,
  SERIES_PER_RUN,
} from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { readQuery, wholeNumber } from "../http/query.ts";
import { route } from "../http/route.ts";
import { existing, roomOf } from "../rooms.ts";
import { curvesCsv } from "../run/history/csv.ts";

const curveQuery = z
  .object({
    keys: z.array(z.string().min(1).max(SERIES_NAME_MAX_LENGTH)).max(SERIES_PER_RUN),
    points: wholeNumber.pipe(z.number().min(1).max(HISTORY_POINTS_MAX)).default(HISTORY_POINTS_DEFAULT),
    from: wholeNumber.optional(),
    to: wholeNumber.optional(),
    format: z.enum(["json", "csv"]).default("json"),
  })
  .refine(({ from = 0, to = Number.POSITIVE_INFINITY }) => from <= to, { path: ["to"], message: "expected a step not before from" });

export function curves(app: Hono<AppContext>): void {
  /** Curves of the whole run: `keys` again for each series, all without it; JSON, or with `format=csv` a line an entry. */
  route(app, "GET /api/runs/:run/metrics", async (c) => {
    const { keys, points, from, to, format } = readQuery(c.req.url, curveQuery, ["keys"]);
    const query = { keys: keys.length === 0 ? null : keys, points, from: from ?? null, to: to ?? null };
    const found = existing(await roomOf(c.env, c.req.param("run")).metrics(query));
    const headers: Record<string, string> = {
      "content-type": format === "csv" ? "text/csv; charset=utf-8" : "application/json",
      "cache-control": "no-store",
      vary: "Accept-Encoding",
    };
    // The platform compresses what says that it is: half of these bytes are digits.
    if (/\bgzip\b/.test(c.req.header("Accept-Encoding") ?? "")) headers["content-encoding"] = "gzip";
    return new Response(format === "csv" ? curvesCsv(JSON.parse(found) as RunMetrics) : found, { headers });
  });
}
