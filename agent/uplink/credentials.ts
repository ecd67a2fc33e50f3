import { hostname } from "node:os";
import { accountName, makeClaims, signToken } from "../config/token.ts";

/** What an agent shows to its relay. */
export type Credentials = { kind: "token"; token: string } | { kind: "secret"; secret: string };

/** A token made here lives this long: longer than any connection, and made anew for each. */
const TOKEN_SECONDS = 24 * 3600;

/** @returns a token of role `agent` for this run alone, where the secret is known; else the one that was given. */
export function agentToken(credentials: Credentials, run: string, now: number): string {
  if (credentials.kind === "token") return credentials.token;
  const sub = `${accountName()}@${hostname()}`.slice(0, 200);
  return signToken(makeClaims({ role: "agent", runs: run, sub, expiresInSeconds: TOKEN_SECONDS }, now), credentials.secret);
}
