import { ERRORS, type ErrorCode, errorBody } from "../protocol/index.ts";
import { httpAddress } from "./address.ts";
import type { ConnectOptions } from "./options.ts";
import type { Reason } from "./state.ts";

/** Whether a refused connection may succeed later. */
export type Verdict =
  | { kind: "retry"; reason: Reason; after_ms: number }
  | { kind: "new_token"; reason: Reason }
  | { kind: "stop"; reason: Reason };

/** Refusals that another try with the same credentials cannot change. */
const FINAL: ReadonlySet<string> = new Set<ErrorCode>([
  "unauthorized",
  "token_revoked",
  "forbidden",
  "origin_not_allowed",
  "not_found",
  "run_not_found",
  "run_deleted",
  "invalid_message",
]);

const ASK_MS = 10_000;

/** HTTP status, body and `Retry-After` in seconds; null where nothing answered. */
type RunAnswer = { status: number; body: unknown; retryAfter: string | null } | null;

/** A browser's script cannot read why an upgrade was refused: the run's own address, asked with the same credentials, tells. */
export async function askWhy(options: ConnectOptions, token: string | null): Promise<RunAnswer> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (token !== null) headers.authorization = `Bearer ${token}`;
  // Called as a bare function: browsers refuse `fetch` with another `this`.
  const send = options.fetch ?? fetch;
  const address = httpAddress(options.url, `/api/runs/${encodeURIComponent(options.run)}`);
  try {
    const response = await send(address, { headers, credentials: "same-origin", signal: AbortSignal.timeout(ASK_MS) });
    const body: unknown = await response.json().catch(() => null);
    return { status: response.status, body, retryAfter: response.headers.get("retry-after") };
  } catch {
    return null;
  }
}

/** @returns what a viewer whose connection was refused does about it. */
export function verdictOf(answer: RunAnswer): Verdict {
  if (answer === null)
    return { kind: "retry", reason: { code: "unreachable", message: "nothing answers at the relay's address" }, after_ms: 0 };
  const parsed = errorBody.safeParse(answer.body);
  const reason = parsed.success ? parsed.data.error : reasonOfStatus(answer.status);
  const { code, message } = reason;
  if (code === "token_expired") return { kind: "new_token", reason: { code, message } };
  if (FINAL.has(code)) return { kind: "stop", reason: { code, message } };
  const seconds = Number(answer.retryAfter ?? "0");
  return { kind: "retry", reason: { code, message }, after_ms: Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0 };
}

/** For an answer that is not the relay's own, such as a proxy's page. */
function reasonOfStatus(status: number): Reason {
  if (status >= 200 && status < 300) return { code: "connection_lost", message: "the connection broke while it was being made" };
  for (const code of ["unauthorized", "forbidden", "not_found", "run_deleted", "rate_limited"] as const)
    if (ERRORS[code].http === status) return { code, message: ERRORS[code].message };
  return { code: "unreachable", message: `the relay's address answers with HTTP ${status}` };
}
