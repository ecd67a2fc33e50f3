import { hostname } from "node:os";
import { accountName, makeClaims, signToken } from "../config/token.ts";

/** What an agent shows to its relay. */
export type Credentials = { kind: "token"; token: string } | { kind: "secret"; secret: string };

/** A token made here lives this long: one for a day is few for a relay to remember, and not long where it was copied. */
const TOKEN_SECONDS = 24 * 3600;
/** The relay's clock may go ahead of this one by as much: it forgives no more. */
const MARGIN_SECONDS = 30;

export type AgentTokens = {
  /** Whether one that has ended can be replaced. */
  renewable: boolean;
  /** @param now milliseconds since 1970 */
  show(now: number): string;
  /** The relay says that it has ended: another is made, where one can be. */
  ended(): void;
};

/**
 * The token to show: the one that was given, or, where the secret is known, one of role `agent` for this run alone. That is kept until it ends:
 * the relay remembers each token that has been at a run, and one that was revoked must not be followed by another while that is told.
 */
export function agentTokens(credentials: Credentials, run: string): AgentTokens {
  if (credentials.kind === "token") return { renewable: false, show: () => credentials.token, ended: () => undefined };
  const sub = `${accountName()}@${hostname()}`.slice(0, 200);
  let kept: { token: string; until: number } | null = null;
  return {
    renewable: true,
    show: (now) => {
      if (kept === null || now >= kept.until) {
        const claims = makeClaims({ role: "agent", runs: run, sub, expiresInSeconds: TOKEN_SECONDS }, now);
        kept = { token: signToken(claims, credentials.secret), until: now + (TOKEN_SECONDS - MARGIN_SECONDS) * 1000 };
      }
      return kept.token;
    },
    ended: () => {
      kept = null;
    },
  };
}
