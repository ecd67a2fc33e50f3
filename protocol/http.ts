import { z } from "zod";
import { claims, type Role, role } from "./claims.ts";
import { commandRecord } from "./commands.ts";
import { anyEvent, commandState } from "./events.ts";
import { TOKEN_LIFETIME_MAX_S, TOKEN_MAX_LENGTH } from "./limits.ts";
import { wireNumber } from "./numbers.ts";
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
  /** The name on the token that began the run. These last are missing where a relay of an earlier version tells them. */
  owner: z.string().nullish(),
  /** The loss over the whole run, in a few points. */
  loss: z.looseObject({ steps: z.array(z.int()), values: z.array(wireNumber) }).nullish(),
  /** The newest `sample_generated`. */
  last_sample: anyEvent.nullish(),
  /** As `health.progress.state` of a snapshot. */
  progress_state: z.string().nullish(),
});
export type RunSummary = z.infer<typeof runSummary>;

/** `GET /api/runs`, newest first. */
export const runList = z.looseObject({
  runs: z.array(runSummary),
  /** The next page's `before`; null, or missing where an earlier version answers, at the end. */
  next: z.string().nullish(),
});
export type RunList = z.infer<typeof runList>;

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

/**
 * One series of `GET /api/runs/:run/metrics`: columns of equal length, by rising step. An entry is a point, or a bucket of them: `steps` has its
 * last step and `last` the value there; `min` and `max` leave NaN out (null: nothing else), `nan` counts it.
 */
export const seriesCurve = z.looseObject({
  steps: z.array(z.int()),
  min: z.array(wireNumber.nullable()),
  max: z.array(wireNumber.nullable()),
  last: z.array(wireNumber),
  nan: z.array(z.int()),
  /** When the point at that step was told, milliseconds since 1970; null where that is not known. Missing from an earlier version, as is the next. */
  times: z.array(z.number().nullable()).optional(),
  /** Index into the answer's `segments`. */
  segment: z.array(z.int()).optional(),
});
export type SeriesCurve = z.infer<typeof seriesCurve>;
/** `GET /api/runs/:run/metrics` */
/** A life of the producer: a training that was resumed into the run begins another. */
export const curveSegment = z.looseObject({
  index: z.int(),
  /** When its first point was told; null where that is not known. */
  started_at: z.string().nullable(),
  /** Of its first point. */
  step: z.int(),
});
export type CurveSegment = z.infer<typeof curveSegment>;
export const runMetrics = z.looseObject({ series: z.record(z.string(), seriesCurve), segments: z.array(curveSegment).optional() });
export type RunMetrics = z.infer<typeof runMetrics>;

/** `GET /api/runs/:run/samples`, newest first; `next` is the next page's `before`. A relay of an earlier version gives all, and no `next`. */
export const sampleList = z.looseObject({ samples: z.array(anyEvent), next: z.int().nullish() });
export type SampleList = z.infer<typeof sampleList>;

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

/** Seconds from now. */
const lifetime = z.int().min(1);

/** AC1: how long a token may be good for depends on its role. */
function endsInTime({ role, expires_in }: { role: Role; expires_in: number }, context: z.RefinementCtx): void {
  const max = TOKEN_LIFETIME_MAX_S[role];
  if (expires_in <= max) return;
  context.addIssue({ code: "custom", path: ["expires_in"], message: `a token of role ${role} is good for ${max} seconds at most` });
}

/** `POST /api/tokens`. Unknown fields are refused: a misspelt limit must not make a token that has none. */
export const tokenRequest = z
  .strictObject({
    role,
    sub: claims.shape.sub,
    runs: claims.shape.runs,
    expires_in: lifetime,
  })
  .superRefine(endsInTime);
export type TokenRequest = z.infer<typeof tokenRequest>;
/** `POST /api/tokens` → 201 */
export const tokenMade = z.looseObject({ token: z.string(), jti: z.string(), expires_at: z.string() });
export type TokenMade = z.infer<typeof tokenMade>;

/** `POST /api/runs/:run/share`; `sub` is the name that others see, by default `guest of` and whose link it is. */
export const shareRequest = z
  .strictObject({ role: role.extract(["viewer", "operator"]), sub: claims.shape.sub.optional(), expires_in: lifetime })
  .superRefine(endsInTime);
export type ShareRequest = z.infer<typeof shareRequest>;
/** `POST /api/runs/:run/share` → 201; `url` signs in whoever opens it. */
export const shareMade = tokenMade.extend({ url: z.string() });
export type ShareMade = z.infer<typeof shareMade>;

/** A token that the relay has made, without the token itself. */
export const tokenRecord = z.object({
  jti: z.string(),
  role,
  sub: z.string(),
  runs: claims.shape.runs,
  /** Whose token made it. */
  by: z.string(),
  created_at: z.string(),
  expires_at: z.string(),
  revoked: z.boolean(),
});
export type TokenRecord = z.infer<typeof tokenRecord>;
/** `GET /api/tokens`, newest first: those of the caller's own runs that have not ended. */
export const tokenList = z.looseObject({ tokens: z.array(tokenRecord) });
/** `GET /api/runs/:run/share`, newest first: the links to this run alone. */
export const shareList = z.looseObject({ shares: z.array(tokenRecord) });

/** `GET /api/runs/:run/commands`, newest first. */
export const commandList = z.looseObject({ commands: z.array(commandRecord) });
/** `POST /api/runs/:run/commands` → 202: the command's state at that moment. */
export const commandAccepted = z.looseObject({ id: z.string(), state: commandState });
export type CommandAccepted = z.infer<typeof commandAccepted>;

export const errorBody = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string() }) });
