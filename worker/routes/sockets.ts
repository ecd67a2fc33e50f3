import type { Hono } from "hono";
import { z } from "zod";
import { BATCHED_SUBPROTOCOL, PLAIN_SUBPROTOCOL, PROTO_SUBPROTOCOL, REPLAY_EVENTS_MAX } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { requireReach } from "../auth/access.ts";
import type { Grant } from "../auth/grant.ts";
import { identityOf } from "../auth/identify.ts";
import { offeredSubprotocols } from "../auth/present.ts";
import type { Env } from "../env.ts";
import { errorResponse, HttpFailure } from "../http/errors.ts";
import { eventNames, readQuery, wholeNumber } from "../http/query.ts";
import { route } from "../http/route.ts";
import { upgradesOnly } from "../http/upgrade-limit.ts";
import { createLog } from "../log.ts";
import { directoryOf, roomOf } from "../rooms.ts";
import type { ViewerMode } from "../run/sockets.ts";
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

export function sockets(app: Hono<AppContext>): void {
  /** A viewer. */
  route(app, "GET /runs/:run/ws", (c) => upgradeViewer(c.req.raw, c.env, c.get("grant"), c.req.param("run")), [upgradesOnly]);

  /** `?run=:run` is the same; without it, the newest run that the token may see. */
  route(
    app,
    "GET /ws",
    async (c) => {
      const grant = c.get("grant");
      const run = c.req.query("run") ?? (await directoryOf(c.env).newest(grant));
      if (run === null) throw new HttpFailure("run_not_found", "there is no run that this token may see");
      requireReach(grant, run);
      return upgradeViewer(c.req.raw, c.env, grant, run);
    },
    [upgradesOnly],
  );

  /** The producer. */
  route(
    app,
    "GET /runs/:run/agent",
    (c) => forward(c.req.raw, c.env, { kind: "agent", run: c.req.param("run"), identity: identityOf(c.get("grant")), protocol: null }),
    [upgradesOnly],
  );
}

function upgradeViewer(request: Request, env: Env, grant: Grant, run: string): Promise<Response> {
  const query = readQuery(request.url, viewerQuery);
  const protocol = offeredSubprotocols(request).find((name) => MODES.has(name)) ?? null;
  const mode = MODES.get(protocol ?? PLAIN_SUBPROTOCOL) ?? "plain";
  return forward(request, env, {
    kind: "viewer",
    run,
    identity: identityOf(grant),
    mode,
    protocol,
    // VW1, VW2: a plain client is subscribed to nothing until it subscribes; a batched one to everything.
    subscription: query.events ?? (mode === "plain" ? NOTHING : EVERYTHING),
    wish: { since: query.since ?? null, replay: query.replay },
  });
}

/** The room gets a bare request: no token reaches it, and no header from outside stands in for the Worker's. */
async function forward(request: Request, env: Env, upgrade: Upgrade): Promise<Response> {
  createLog(env.RUNCAST_LOG_LEVEL)("debug", "routed", { run: upgrade.run, kind: upgrade.kind });
  const said = JSON.stringify(upgrade);
  if (said.length > 8192) return errorResponse("invalid_message", "the subscription is too long");
  const headers = new Headers({ Upgrade: "websocket", [UPGRADE_HEADER]: said });
  const extensions = request.headers.get("Sec-WebSocket-Extensions");
  if (extensions !== null) headers.set("Sec-WebSocket-Extensions", extensions);
  // From here on a revocation follows the token to the room.
  const arrived = await directoryOf(env).arrive({ ...upgrade.identity, run: upgrade.run }, upgrade.kind === "agent");
  if (!arrived.ok) return errorResponse(arrived.code, arrived.message);
  return roomOf(env, upgrade.run).fetch(new Request("https://room/", { headers }));
}
