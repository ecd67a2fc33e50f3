import type { MiddlewareHandler } from "hono";
import { UPGRADES_PER_MINUTE } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { HttpFailure } from "./errors.ts";

/** A flood costs no write and no object: it is counted where it is refused, by each isolate for itself and since that was started. */
let refused = 0;

export function upgradeFigures(): { limit_per_minute: number; refused: number } {
  return { limit_per_minute: UPGRADES_PER_MINUTE, refused };
}

/** How often an address may ask for a socket (AC6): asked before its token is looked at, so that tokens cannot be tried out. */
export const upgradesOnly: MiddlewareHandler<AppContext> = async (c, next) => {
  if (c.req.header("Upgrade")?.toLowerCase() !== "websocket") throw new HttpFailure("upgrade_required");
  const { success } = await c.env.UPGRADES.limit({ key: c.req.header("CF-Connecting-IP") ?? "unknown" });
  if (!success) {
    refused += 1;
    throw new HttpFailure("rate_limited");
  }
  await next();
};
