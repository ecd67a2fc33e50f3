import { Hono } from "hono";
import type { AppContext } from "./app-context.ts";
import { errorResponse, HttpFailure } from "./http/errors.ts";
import { createLog, thrown } from "./log.ts";
import { blobs } from "./routes/blobs.ts";
import { commands } from "./routes/commands.ts";
import { health } from "./routes/health.ts";
import { runs } from "./routes/runs.ts";
import { samples } from "./routes/samples.ts";
import { session } from "./routes/session.ts";
import { sockets } from "./routes/sockets.ts";
import { status } from "./routes/status.ts";
import { tokens } from "./routes/tokens.ts";

/** The Worker: a route group a file, one place that answers failures, and the dashboard for everything else. */
export function createApp(): Hono<AppContext> {
  const app = new Hono<AppContext>();
  for (const group of [health, session, tokens, runs, samples, blobs, commands, status, sockets]) app.route("/", group);

  app.all("/api/*", () => errorResponse("not_found"));
  app.get("*", (c) => c.env.ASSETS.fetch(c.req.raw));
  app.notFound(() => errorResponse("not_found"));
  app.onError((error, c) => {
    if (error instanceof HttpFailure) return errorResponse(error.code, error.message);
    createLog(c.env.RUNCAST_LOG_LEVEL)("error", "a request failed", { path: c.req.path, ...thrown(error) });
    return errorResponse("internal");
  });
  return app;
}
