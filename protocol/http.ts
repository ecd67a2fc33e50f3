import { z } from "zod";
import { claims, role } from "./claims.ts";
import { commandRecord } from "./commands.ts";
import { anyEvent } from "./events.ts";
import { TOKEN_LIFETIME_MAX_S, TOKEN_MAX_LENGTH } from "./limits.ts";
import { snapshot } from "./viewer-messages.ts";

/** Bodies of the HTTP interface. */

export const runSummary = z.looseObject({
  run: z.string(),
  name: z.string().nullable(),
  status: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  viewers: z.int(),
  agent_connected: z.boolean(),
  /** The newest `training_progress`. */
  progress: anyEvent.nullable(),
});
export type RunSummary = z.infer<typeof runSummary>;

/** `GET /api/runs`, newest first. */
export const runList = z.looseObject({ runs: z.array(runSummary) });

/** `GET /api/runs/:run` */
export const runDetail = runSummary.extend({
  run_info: anyEvent.nullable(),
  snapshot,
  log_id: z.string(),
  oldest_offset: z.int(),
  last_offset: z.int(),
});
export type RunDetail = z.infer<typeof runDetail>;

/** `GET /api/runs/:run/events`; `next` is the `after` (or `before`) of the next page. */
export const eventPage = z.looseObject({ events: z.array(anyEvent), next: z.int().nullable() });
export type EventPage = z.infer<typeof eventPage>;

/** `GET /api/runs/:run/samples`, newest first. */
export const sampleList = z.looseObject({ samples: z.array(anyEvent) });

/** `PUT /api/runs/:run/blobs/:sha256` */
export const blobStored = z.looseObject({ path: z.string(), sha256: z.string(), size: z.int(), media_type: z.string() });
export type BlobStored = z.infer<typeof blobStored>;

/** `POST /api/session` */
export const sessionRequest = z.looseObject({ token: z.string().max(TOKEN_MAX_LENGTH) });
export const session = z.looseObject({
  sub: z.string(),
  role,
  runs: z.union([z.string(), z.array(z.string())]),
  expires_at: z.string(),
});
export type Session = z.infer<typeof session>;

/** `POST /api/tokens`. Unknown fields are refused: a misspelt limit must not make a token that has none. */
export const tokenRequest = z.strictObject({
  role,
  sub: claims.shape.sub,
  runs: claims.shape.runs,
  /** Seconds from now. */
  expires_in: z.int().min(1).max(TOKEN_LIFETIME_MAX_S),
});
export type TokenRequest = z.infer<typeof tokenRequest>;
/** `POST /api/tokens` → 201 */
export const tokenMade = z.looseObject({ token: z.string(), jti: z.string(), expires_at: z.string() });
export type TokenMade = z.infer<typeof tokenMade>;

/** `GET /api/runs/:run/commands` */
export const commandList = z.looseObject({ commands: z.array(commandRecord) });
/** `POST /api/runs/:run/commands` → 202 */
export const commandAccepted = z.looseObject({ id: z.string(), state: z.string() });

export const errorBody = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string() }) });
