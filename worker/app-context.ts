import type { Claims } from "../protocol/index.ts";
import type { Env } from "./env.ts";

/** hono's types for this app. */
export type AppContext = { Bindings: Env; Variables: { claims: Claims } };
