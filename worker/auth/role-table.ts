import type { AgentMessage, Role, ViewerMessage } from "../../protocol/index.ts";

/**
 * Who may do what (AC5): every route and every message, each once. `worker/http/route.ts` registers routes by their rows here, and
 * `createApp` compares both at start: a route without a row cannot exist. The tests walk the whole table.
 */

/**
 * What a token has to cover. `run`: the run in the path. `own`: nothing; the answer is about its own runs alone. `all`: every run there
 * is, and ever will be.
 */
export type Reach = "run" | "own" | "all";
/** Anyone, also without a token; or certain roles, with a token that reaches so far. */
export type Access = "anyone" | { readonly roles: readonly Role[]; readonly reach: Reach };

const EVERY_ROLE: readonly Role[] = ["viewer", "operator", "agent", "owner"];
const STEERING: readonly Role[] = ["operator", "owner"];
const PRODUCING: readonly Role[] = ["agent"];
const OWNING: readonly Role[] = ["owner"];

export const ROUTES = {
  "GET /healthz": "anyone",
  // They ask for a token themselves: it is what a session is made of.
  "POST /api/session": "anyone",
  "DELETE /api/session": "anyone",

  // Figures of every run, and of the relay.
  "GET /metrics": { roles: OWNING, reach: "all" },
  "GET /api/ws/status": { roles: EVERY_ROLE, reach: "own" },
  "GET /api/runs": { roles: EVERY_ROLE, reach: "own" },
  "GET /api/runs/:run": { roles: EVERY_ROLE, reach: "run" },
  "GET /api/runs/:run/events": { roles: EVERY_ROLE, reach: "run" },
  "GET /api/runs/:run/metrics": { roles: EVERY_ROLE, reach: "run" },
  "GET /api/runs/:run/samples": { roles: EVERY_ROLE, reach: "run" },
  "GET /api/runs/:run/samples/:id": { roles: EVERY_ROLE, reach: "run" },
  "GET /api/runs/:run/commands": { roles: EVERY_ROLE, reach: "run" },
  "GET /api/runs/:run/blobs/:sha256": { roles: EVERY_ROLE, reach: "run" },
  "GET /runs/:run/ws": { roles: EVERY_ROLE, reach: "run" },
  // `?run=` is looked at by the route.
  "GET /ws": { roles: EVERY_ROLE, reach: "own" },

  "POST /api/runs/:run/commands": { roles: STEERING, reach: "run" },
  // As viewer; as operator an owner alone.
  "POST /api/runs/:run/share": { roles: STEERING, reach: "run" },
  "GET /api/runs/:run/share": { roles: STEERING, reach: "run" },
  "DELETE /api/runs/:run/share/:jti": { roles: STEERING, reach: "run" },

  "GET /runs/:run/agent": { roles: PRODUCING, reach: "run" },
  "PUT /api/runs/:run/blobs/:sha256": { roles: PRODUCING, reach: "run" },

  "DELETE /api/runs/:run": { roles: OWNING, reach: "run" },

  // Of runs that the caller's own token covers.
  "GET /api/tokens": { roles: OWNING, reach: "own" },
  "POST /api/tokens": { roles: OWNING, reach: "own" },
  "DELETE /api/tokens/:jti": { roles: OWNING, reach: "own" },
} as const satisfies Record<`${Method} /${string}`, Access>;

type Method = "GET" | "POST" | "PUT" | "DELETE";
export type RouteName = keyof typeof ROUTES;

/** What a viewer may send, by the role that its token has. */
export const VIEWER_MESSAGES: Readonly<Record<ViewerMessage["type"], readonly Role[]>> = {
  subscribe: EVERY_ROLE,
  unsubscribe: EVERY_ROLE,
  ping: EVERY_ROLE,
  ack: EVERY_ROLE,
  refresh: EVERY_ROLE,
  command: STEERING,
};

/** What may be sent on a producer's socket; its upgrade asks for the role as well. */
export const AGENT_MESSAGES: Readonly<Record<AgentMessage["type"], readonly Role[]>> = {
  hello: PRODUCING,
  batch: PRODUCING,
  command_update: PRODUCING,
  ping: PRODUCING,
};

/** Who may be given a link, by whom. */
export const SHARES: Readonly<Record<"viewer" | "operator", readonly Role[]>> = { viewer: STEERING, operator: OWNING };
