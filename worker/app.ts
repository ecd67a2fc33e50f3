import { type Context, Hono } from "hono";
import type { AppContext } from "./app-context.ts";
import { errorResponse, HttpFailure } from "./http/errors.ts";
import { methodsOf } from "./http/methods.ts";
import { checkRoutes } from "./http/route.ts";
import { boundedBody, crossOrigin, plainBody, secured } from "./http/security.ts";
import { createLog, thrown } from "./log.ts";
import { blobs } from "./routes/blobs.ts";
import { commands } from "./routes/commands.ts";
import { curves } from "./routes/curves.ts";
import { health } from "./routes/health.ts";
import { runs } from "./routes/runs.ts";
import { samples } from "./routes/samples.ts";
import { session } from "./routes/session.ts";
import { shares } from "./routes/shares.ts";
import { sockets } from "./routes/sockets.ts";
import { status } from "./routes/status.ts";
import { tokens } from "./routes/tokens.ts";

/** Middleware, and what answers everything that is no route. */
const NO_ROUTES: ReadonlySet<string> = new Set(["ALL /*", "ALL /api/*", "GET /*"]);

/** The Worker: a route group a file, one place that answers failures, and the dashboard for everything else. */
export function createApp(): Hono<AppContext> {
  const app = new Hono<AppContext>();
  app.use(secured);
  app.use("/api/*", crossOrigin, plainBody, boundedBody);
  for (const group of [health, session, tokens, runs, curves, shares, samples, blobs, commands, status, sockets]) group(app);

  app.all("/api/*", unanswered);
  app.get("*", (c) => c.env.ASSETS.fetch(c.req.raw));
  app.notFound(unanswered);
  app.onError((error, c) => {
    if (error instanceof HttpFailure) return errorResponse(error.code, error.message);
    createLog(c.env.RUNCAST_LOG_LEVEL)("error", "a request failed", { path: c.req.path, ...thrown(error) });
    return errorResponse("internal");
  });
  checkRoutes(app, NO_ROUTES);
  return app;
}

/** No route takes it: with another method one might. */
function unanswered(c: Context<AppContext>): Response {
  const methods = methodsOf(c.req.path);
  return methods.length === 0 ? errorResponse("not_found") : errorResponse("method_not_allowed", undefined, { allow: methods.join(", ") });
}
