import { ERRORS, type ErrorBody, type ErrorCode } from "../../protocol/index.ts";

/** `{"error":{"code","message"}}` with the status of the table. No stack trace leaves the Worker. */
export function errorResponse(code: ErrorCode, message: string = ERRORS[code].message, headers: Record<string, string> = {}): Response {
  const body: ErrorBody = { error: { code, message } };
  return Response.json(body, { status: ERRORS[code].http, headers: { "cache-control": "no-store", ...headers } });
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
