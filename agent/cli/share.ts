import type { Answer } from "../../client/index.ts";
import { claims, shareRequest, type TokenRecord } from "../../protocol/index.ts";
import { parseDuration } from "../config/duration.ts";
import { type AccessOptions, accessOf, refusal } from "./access.ts";
import { EXIT_FAILED, UsageError } from "./usage.ts";

export type ShareOptions = AccessOptions & { role: string; expires: string; sub?: string; list?: boolean };

/** `runcast share`: prints a link, and nothing else, on stdout; or the links that there are. */
export async function shareCommand(run: string, options: ShareOptions): Promise<number> {
  const api = apiOf(options);
  if (api === null) return EXIT_FAILED;
  if (options.list) return tell(await api.shares(run), (shares) => list(shares, options));
  const seconds = parseDuration(options.expires);
  if (seconds === null) throw new UsageError(`--expires: ${options.expires} is no duration; write 30m, 12h or 7d`);
  const sub = options.sub === undefined ? {} : { sub: options.sub };
  const wish = shareRequest.safeParse({ role: options.role, expires_in: seconds, ...sub });
  if (!wish.success) throw new UsageError(wish.error.issues[0]?.message ?? "not valid");
  return tell(await api.share(run, wish.data), (made) => {
    const { token: _, ...told } = made;
    return [options.json ? JSON.stringify(told) : made.url];
  });
}

/** `runcast tokens` */
export async function tokensCommand(options: AccessOptions): Promise<number> {
  const api = apiOf(options);
  return api === null ? EXIT_FAILED : tell(await api.tokens(), (tokens) => list(tokens, options));
}

/** `runcast revoke` @param what an id, a token, or a link that carries one */
export async function revokeCommand(what: string, options: AccessOptions): Promise<number> {
  const jti = idOf(what);
  if (jti === null)
    throw new UsageError("this token has no id (jti), so it cannot be revoked: it ends by itself, or when the relay's key is changed");
  const api = apiOf(options);
  if (api === null) return EXIT_FAILED;
  return tell(await api.revoke(jti), () => [options.json ? JSON.stringify({ jti, revoked: true }) : `Revoked ${jti}`]);
}

/** The relay's interface as an owner; null where there are no credentials, which has been said. */
const apiOf = (options: AccessOptions) => accessOf(options, "owner")?.api() ?? null;

/** @returns the exit code */
function tell<T>(answer: Answer<T>, lines: (value: T) => readonly string[]): number {
  if (answer.ok) {
    process.stdout.write(
      lines(answer.value)
        .map((line) => `${line}\n`)
        .join(""),
    );
    return 0;
  }
  return refusal(answer);
}

function list(records: readonly TokenRecord[], { json }: AccessOptions): string[] {
  if (json) return records.map((record) => JSON.stringify(record));
  if (records.length === 0) process.stderr.write("There are none.\n");
  return records.map(({ jti, role, sub, runs, by, expires_at, revoked }) => {
    const covered = typeof runs === "string" ? runs : runs.join(",");
    return [jti, role, covered, `for ${sub}`, `by ${by}`, revoked ? "revoked" : `until ${expires_at}`].join("  ");
  });
}

/** @returns the id of a token, whose signature is the relay's to look at; null for a token that has none */
function idOf(what: string): string | null {
  const token = /(?:#|[?&])token=([^&]+)/.exec(what)?.[1] ?? what;
  const [, payload, signature] = token.split(".");
  if (payload === undefined || signature === undefined) return token;
  try {
    return claims.parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8"))).jti ?? null;
  } catch {
    throw new UsageError("this is neither a token's id, nor a token, nor a link that has one");
  }
}
