import { claims, TOKEN_LIFETIME_MAX_S } from "../../protocol/index.ts";
import { parseDuration } from "../config/duration.ts";
import { findSecret } from "../config/secret.ts";
import { accountName, makeClaims, signToken } from "../config/token.ts";
import { targetOf } from "./access.ts";
import { EXIT_FAILED, UsageError } from "./usage.ts";

export type TokenOptions = { role?: string; run?: string; sub?: string; expires?: string; relay?: string; json?: boolean };

/** `runcast token`: prints a token, and nothing else, on stdout. */
export function tokenCommand(options: TokenOptions): number {
  const { relay } = targetOf(options.relay === undefined ? {} : { relay: options.relay });
  const expiresInSeconds = parseDuration(options.expires ?? "7d");
  if (expiresInSeconds === null) throw new UsageError(`--expires: ${options.expires} is no duration; write 30m, 12h or 7d`);
  const wish = claims.pick({ role: true, runs: true, sub: true }).safeParse({
    role: options.role,
    runs: options.run ?? "*",
    sub: options.sub ?? accountName(),
  });
  if (wish.success && expiresInSeconds > TOKEN_LIFETIME_MAX_S[wish.data.role]) {
    const days = TOKEN_LIFETIME_MAX_S[wish.data.role] / 86_400;
    throw new UsageError(`--expires: a token of role ${wish.data.role} is good for ${days}d at most`);
  }
  if (!wish.success) throw new UsageError(`--run and --sub: ${wish.error.issues[0]?.message ?? "not valid"}`);
  const found = findSecret(process.env, process.cwd(), relay);
  if (!found.ok) {
    process.stderr.write(`runcast: ${found.reason}. Start a relay with \`npm start\`, or set RUNCAST_SECRET or RUNCAST_STATE\n`);
    return EXIT_FAILED;
  }
  const made = makeClaims({ role: wish.data.role, runs: options.run ?? "*", sub: wish.data.sub, expiresInSeconds }, Date.now());
  const token = signToken(made, found.secret);
  const { sub, role, runs, jti } = made;
  const told = { token, jti, sub, role, runs, expires_at: new Date(made.exp * 1000).toISOString() };
  process.stdout.write(`${options.json ? JSON.stringify(told) : token}\n`);
  return 0;
}
