import { Hono } from "hono";
import { z } from "zod";
import { BATCHED_SUBPROTOCOL, type Claims, PLAIN_SUBPROTOCOL, PROTO_SUBPROTOCOL, REPLAY_EVENTS_MAX } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { type Action, authenticate, authorize } from "../auth/access.ts";
import { offeredSubprotocols } from "../auth/present.ts";
import type { Env } from "../env.ts";
import { errorResponse, HttpFailure } from "../http/errors.ts";
import { eventNames, readQuery, wholeNumber } from "../http/query.ts";
import { createLog } from "../log.ts";
import { directoryOf, roomOf } from "../rooms.ts";
import type { Identity, ViewerMode } from "../run/sockets.ts";
import { UPGRADE_HEADER, type Upgrade } from "../run/upgrade.ts";
import { EVERYTHING, NOTHING } from "../run/viewers/subscription.ts";

const viewerQuery = z.object({
  run: z.string().optional(),
  since: z.string().max(200).optional(),
  events: eventNames.optional(),
  replay: wholeNumber.default(REPLAY_EVENTS_MAX),
});

/** VW1, VW2: the modes by sub-protocol; of several that are offered the first counts. */
const MODES: ReadonlyMap<string, ViewerMode> = new Map([
  [PLAIN_SUBPROTOCOL, "plain"],
  [BATCHED_SUBPROTOCOL, "batched"],
  [PROTO_SUBPROTOCOL, "proto"],
]);

export const sockets = new Hono<AppContext>()
  /** `GET /runs/:run/ws`: a viewer. */
  .get("/runs/:run/ws", (c) => upgradeViewer(c.req.raw, c.env, c.req.param("run")))
  /** `GET /ws?run=:run` is the same; `GET /ws` is the newest run that the token may see. */
  .get("/ws", (c) => upgradeViewer(c.req.raw, c.env, c.req.query("run")))
  /** `GET /runs/:run/agent`: the producer. */
  .get("/runs/:run/agent", (c) => upgradeAgent(c.req.raw, c.env, c.req.param("run")));

async function upgradeViewer(request: Request, env: Env, named: string | undefined): Promise<Response> {
  const claims = await admit(request, env, "read", named);
  const run = named ?? (await directoryOf(env).newest(claims.runs));
  if (run === null) throw new HttpFailure("run_not_found", "there is no run that this token may see");
  const query = readQuery(request.url, viewerQuery);
  const protocol = offeredSubprotocols(request).find((name) => MODES.has(name)) ?? null;
  const mode = MODES.get(protocol ?? PLAIN_SUBPROTOCOL) ?? "plain";
  return forward(request, env, {
    kind: "viewer",
    run,
    identity: identity(claims),
    mode,
    protocol,
    // VW1, VW2: a plain client is subscribed to nothing until it subscribes; a batched one to everything.
    subscription: query.events ?? (mode === "plain" ? NOTHING : EVERYTHING),
    wish: { since: query.since ?? null, replay: query.replay },
  });
}

async function upgradeAgent(request: Request, env: Env, run: string): Promise<Response> {
  const claims = await admit(request, env, "produce", run);
  return forward(request, env, { kind: "agent", run, identity: identity(claims), protocol: null });
}

/** Who may open a socket, and how often (AC6). */
async function admit(request: Request, env: Env, action: Action, run: string | undefined): Promise<Claims> {
  if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") throw new HttpFailure("upgrade_required");
  const address = request.headers.get("CF-Connecting-IP") ?? "unknown";
  const { success } = await env.UPGRADES.limit({ key: address });
  if (!success) throw new HttpFailure("rate_limited");
  const claims = await authenticate(request, env);
  authorize(claims, action, run);
  return claims;
}

function identity(claims: Claims): Identity {
  return { sub: claims.sub, role: claims.role, exp: claims.exp };
}

/** The room gets a bare request: no token reaches it, and no header from outside stands in for the Worker's. */
function forward(request: Request, env: Env, upgrade: Upgrade): Promise<Response> | Response {
  createLog(env.RUNCAST_LOG_LEVEL)("debug", "routed", { run: upgrade.run, kind: upgrade.kind });
  const headers = new Headers({ Upgrade: "websocket", [UPGRADE_HEADER]: JSON.stringify(upgrade) });
  const extensions = request.headers.get("Sec-WebSocket-Extensions");
  if (extensions !== null) headers.set("Sec-WebSocket-Extensions", extensions);
  if (JSON.stringify(upgrade).length > 8192) return errorResponse("invalid_message", "the subscription is too long");
  return roomOf(env, upgrade.run).fetch(new Request("https://room/", { headers }));
}
