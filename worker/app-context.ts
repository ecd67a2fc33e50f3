import type { Grant } from "./auth/grant.ts";
import type { Env } from "./env.ts";

/** hono's types for this app. */
export type AppContext = { Bindings: Env; Variables: { grant: Grant } };
