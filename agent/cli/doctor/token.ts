import { createApi } from "../../../client/index.ts";
import type { Session } from "../../../protocol/index.ts";
import type { Env } from "../../config/paths.ts";
import type { Relay } from "../../config/relay.ts";
import { findSecret } from "../../config/secret.ts";
import { accountName, makeClaims, signToken } from "../../config/token.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

const CHECK = "token";
/** For one question. In seconds. */
const TOKEN_S = 60;
/** A training takes a night; a token that ends sooner ends in the middle of one. In milliseconds. */
const ENDS_SOON_MS = 24 * 3600 * 1000;

/**
 * Whether the relay takes the token that this machine would show, and what it is good for.
 * @param given a token, undefined where one is made from the relay's secret
 * @param relayIsThere false: only whether there is a token at all
 */
export async function checkToken(env: Env, relay: Relay, given: string | undefined, relayIsThere: boolean): Promise<Finding> {
  const found = given ? null : findSecret(env, process.cwd(), relay);
  if (found?.ok === false)
    return failed(
      CHECK,
      found.reason,
      "sign in with `runcast login`, or set RUNCAST_TOKEN to an agent's token, or RUNCAST_SECRET or RUNCAST_STATE",
    );
  if (!relayIsThere) return warning(CHECK, "there is one, and no relay to ask about it", "mend the relay first");
  const wish = { role: "agent", runs: "*", sub: accountName(), expiresInSeconds: TOKEN_S } as const;
  const token = given ?? (found ? signToken(makeClaims(wish, Date.now()), found.secret) : null);
  const answer = await createApi({ url: relay.http, token }).signIn();
  if (answer.ok) return found ? ok(CHECK, "the relay takes tokens that are made here, from its secret") : goodFor(answer.value, Date.now());
  const advice = found
    ? "the secret on this machine is not this relay's: RUNCAST_SECRET or RUNCAST_STATE name another, RUNCAST_TOKEN does without one"
    : "ask an owner of the relay for another (`runcast token --role agent`)";
  return failed(CHECK, `the relay does not take it: ${answer.message} (${answer.code})`, advice);
}

/** @param now milliseconds since 1970 */
export function goodFor({ sub, role, runs, expires_at }: Session, now: number): Finding {
  const covered = typeof runs === "string" ? runs : runs.join(", ");
  const message = `${role} ${sub}, for runs ${covered}, until ${expires_at}`;
  if (role !== "agent")
    return warning(
      CHECK,
      message,
      `\`runcast run\` needs an agent's token; ${role === "viewer" ? "a" : "an"} ${role}'s is for looking at runs`,
    );
  if (Date.parse(expires_at) - now < ENDS_SOON_MS)
    return warning(CHECK, message, "it ends soon: ask an owner of the relay for another before a long training");
  return ok(CHECK, message);
}
