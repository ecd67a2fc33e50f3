import type { Context, Hono, MiddlewareHandler } from "hono";
import type { AppContext } from "../app-context.ts";
import { admit } from "../auth/access.ts";
import { ROUTES, type RouteName } from "../auth/role-table.ts";

type PathOf<N extends RouteName> = N extends `${string} ${infer Path}` ? Path : never;

/**
 * Registers a route for those whom its row of the role table lets in (AC5). Where a token is asked for, `c.get("grant")` is whose it is.
 * @param before what comes before the token is looked at
 */
export function route<N extends RouteName>(
  app: Hono<AppContext>,
  name: N,
  handler: (c: Context<AppContext, PathOf<N>>) => Response | Promise<Response>,
  before: readonly MiddlewareHandler<AppContext>[] = [],
): void {
  const [method = "", path = ""] = name.split(" ");
  app.on(method, [path], ...before, letIn(name), (c) => handler(c as unknown as Context<AppContext, PathOf<N>>));
}

/**
 * @param patterns of middleware and of what answers everything else
 * @throws Error for a route without a row, which nobody would guard, and for a row without a route
 */
export function checkRoutes(app: Hono<AppContext>, patterns: ReadonlySet<string>): void {
  const routes = new Set(app.routes.map(({ method, path }) => `${method} ${path}`).filter((name) => !patterns.has(name)));
  const rows = new Set<string>(Object.keys(ROUTES));
  const without = [...routes].filter((name) => !rows.has(name));
  const unused = [...rows].filter((name) => !routes.has(name));
  if (without.length > 0) throw new Error(`no row in the role table: ${without.join(", ")}`);
  if (unused.length > 0) throw new Error(`rows of the role table without a route: ${unused.join(", ")}`);
}

function letIn(name: RouteName): MiddlewareHandler<AppContext> {
  const access = ROUTES[name];
  return async (c, next) => {
    if (access !== "anyone") c.set("grant", await admit(c.req.raw, c.env, access, c.req.param("run")));
    await next();
  };
}
