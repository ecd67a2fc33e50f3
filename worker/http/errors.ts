import { ERRORS, type ErrorBody, type ErrorCode } from "../../protocol/index.ts";

/** Headers that HTTP wants with a status. The upgrade limit counts by the minute. */
const BY_STATUS: Record<number, Record<string, string>> = { 401: { "www-authenticate": "Bearer" }, 429: { "retry-after": "60" } };

/** `{"error":{"code","message"}}` with the status of the table. No stack trace leaves the Worker. */
export function errorResponse(code: ErrorCode, message: string = ERRORS[code].message, headers: Record<string, string> = {}): Response {
  const body: ErrorBody = { error: { code, message } };
  const status = ERRORS[code].http;
  return Response.json(body, { status, headers: { "cache-control": "no-store", ...BY_STATUS[status], ...headers } });
}

/** An expected failure on its way through hono to the one place that answers it. */
export class HttpFailure extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string = ERRORS[code].message) {
    super(message);
    this.name = "HttpFailure";
    this.code = code;
  }
}
