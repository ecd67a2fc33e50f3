import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import { JSON_BODY_MAX } from "../../protocol/index.ts";
import type { AppContext } from "../app-context.ts";
import { isListedOrigin } from "../auth/origin.ts";
import { brokeOff } from "./body.ts";
import { errorResponse, HttpFailure } from "./errors.ts";

/**
 * What holds for every answer, and for every request below `/api` (AC3, AC6). hono's `csrf` is not among it: that looks at form content types alone,
 * and AC3 wants an allowed origin for every write and upgrade that comes with the cookie (`auth/access.ts`).
 */

/**
 * An answer is data: nothing in it is to be run, framed, guessed at or read by a page elsewhere. The page's own files have `_headers` too, for where
 * they are served without the Worker. Whether a host is ever spoken to in clear is for who ends TLS, and for its neighbours under the same domain.
 */
const headers = secureHeaders({
  strictTransportSecurity: false,
  permissionsPolicy: { camera: [], microphone: [], geolocation: [], payment: [], usb: [] },
  xFrameOptions: "DENY",
  referrerPolicy: "no-referrer",
  crossOriginResourcePolicy: "same-origin",
  crossOriginOpenerPolicy: "same-origin",
  xXssProtection: false,
});

/** Blobs have a stricter policy of their own, and the page one that lets its own files run. */
const NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'";

export const secured: MiddlewareHandler<AppContext> = async (c, next) => {
  await next();
  // An accepted socket: there is nothing to be framed, and nothing that could be changed.
  if (c.res.status === 101) return;
  // What a room or the page's files answer cannot be changed as it is.
  c.res = new Response(c.res.body, c.res);
  await headers(c, async () => undefined);
  if (!c.res.headers.has("content-security-policy")) c.res.headers.set("content-security-policy", NOTHING_RUNS);
};

/** Closed, but for the origins of `RUNCAST_ALLOWED_ORIGINS`, whose pages may read answers and use the cookie. */
export const crossOrigin: MiddlewareHandler<AppContext> = cors({
  origin: (origin, c) => (isListedOrigin(origin, (c.env as AppContext["Bindings"]).RUNCAST_ALLOWED_ORIGINS) ? origin : null),
  allowMethods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
  allowHeaders: ["Authorization", "Content-Type", "If-None-Match", "Range"],
  exposeHeaders: ["ETag", "Content-Range", "Retry-After", "X-Next"],
  credentials: true,
  maxAge: 600,
});

const smallBody = bodyLimit({
  maxSize: JSON_BODY_MAX,
  onError: () => errorResponse("too_large", `a body has at most ${JSON_BODY_MAX} bytes`),
});

/** A blob is measured by its route, as it comes. */
export const boundedBody: MiddlewareHandler<AppContext> = async (c, next) =>
  // What fails further in is answered there: only its own reading can throw here.
  c.req.method === "PUT" ? next() : smallBody(c, next).catch(brokeOff);

/** Nothing is inflated, so nothing that inflates is taken: a few bytes could stand for gigabytes. */
export const plainBody: MiddlewareHandler<AppContext> = async (c, next) => {
  const encoding = c.req.header("Content-Encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity") throw new HttpFailure("unsupported_media_type", "bodies are taken as they are: leave Content-Encoding out");
  await next();
};
