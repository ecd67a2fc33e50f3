import { type Answer, type Api, createApi } from "../../client/index.ts";
import type { Role } from "../../protocol/index.ts";
import { findSecret } from "../config/secret.ts";
import { findTarget, type Target } from "../config/target.ts";
import { accountName, makeClaims, signToken } from "../config/token.ts";
import { EXIT_FAILED, UsageError } from "./usage.ts";

/** What commands that speak to a relay as one of its people have in common. */
export type AccessOptions = { relay?: string; token?: string; json?: boolean };

/** A relay, and how this program shows itself to it. */
export type Access = {
  /** The relay's address: http or https. */
  readonly url: string;
  /** The token that was given, or one made at this moment, which is good for one request or one socket. */
  token(): string;
  api(): Api;
};

/** A token made here for one request. In seconds. */
const REQUEST_TOKEN_S = 60;

/**
 * @param role of the token that is made from the local relay's secret where none is given
 * @returns null where there are no credentials, which has been said
 */
export function accessOf(options: AccessOptions, role: Role): Access | null {
  const target = targetOf(options);
  const token = tokenOf(target, role);
  if (token === null) return null;
  const { relay } = target;
  return { url: relay.http, token, api: () => createApi({ url: relay.http, token: token() }) };
}

/** The relay that the options, the environment and the settings name. */
export function targetOf(options: AccessOptions): Target {
  const found = findTarget(options, process.env);
  if (!found.ok) throw new UsageError(found.message);
  return found.target;
}

function tokenOf({ relay, token, login }: Target, role: Role): (() => string) | null {
  const given = token ?? login?.token;
  if (given) return () => given;
  const found = findSecret(process.env, process.cwd(), relay);
  if (!found.ok) {
    process.stderr.write(
      `runcast: ${found.reason}. Sign in with \`runcast login\`, or set RUNCAST_TOKEN to an ${role}'s token, or RUNCAST_SECRET or RUNCAST_STATE\n`,
    );
    return null;
  }
  const { secret } = found;
  const wish = { role, runs: "*", sub: accountName(), expiresInSeconds: REQUEST_TOKEN_S };
  return () => signToken(makeClaims(wish, Date.now()), secret);
}

/**
 * Says why the relay did not do what it was asked.
 * @returns the exit code
 */
export function refusal(answer: Extract<Answer<unknown>, { ok: false }>, more = ""): number {
  process.stderr.write(`runcast: ${answer.message} (${answer.code})${more}\n`);
  return EXIT_FAILED;
}
