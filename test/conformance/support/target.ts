import { randomBytes } from "node:crypto";
import { type Claims, claims, type Role, tokenMade } from "../../../protocol/index.ts";
import { signToken } from "../../../scripts/relay/tokens.ts";

export type Grant = { role: Role; runs: Claims["runs"]; sub: string; lifetime_s: number };

/** The relay that is looked at. */
export type Target = {
  /** Origin, such as https://runcast.example.workers.dev; and the same for WebSockets. */
  readonly url: string;
  readonly ws: string;
  /** What signs tokens, where it was given: without it a relay is asked for them, and some cases cannot be run. */
  readonly secret: string | null;
  /** A token as it was asked for: made once, and given again. */
  token(grant: Grant): Promise<string>;
  /** An id that no run has yet, and that every token made here may be for. */
  freshRun(): string;
};

/** @param secret the relay's RUNCAST_SECRET: tokens are signed here */
export function targetBySecret(url: string, secret: string): Target {
  return target(url, secret, "conf-", ({ lifetime_s, ...grant }) => signToken(secret, grant, lifetime_s, Date.now()));
}

/** @param owner an owner's token: the relay makes the others (`POST /api/tokens`), for runs that this one covers */
export function targetByOwner(url: string, owner: string): { ok: true; target: Target } | { ok: false; message: string } {
  const said = claims.safeParse(payload(owner));
  if (!said.success || said.data.role !== "owner") return { ok: false, message: "the token is no owner's" };
  const { runs } = said.data;
  const prefix = (typeof runs === "string" ? [runs] : runs).find((pattern) => pattern.endsWith("*"))?.slice(0, -1);
  if (prefix === undefined) return { ok: false, message: "the token covers no prefix (such as conf-*): every case makes runs of its own" };
  if (prefix.length > PREFIX_MAX) return { ok: false, message: `the prefix that the token covers has more than ${PREFIX_MAX} characters` };
  const make = async ({ lifetime_s, ...grant }: Grant): Promise<string> => {
    const response = await fetch(new URL("/api/tokens", url), {
      method: "POST",
      headers: { Authorization: `Bearer ${owner}`, "Content-Type": "application/json" },
      body: JSON.stringify({ ...grant, expires_in: lifetime_s }),
    });
    if (response.status !== 201) throw new Error(`POST /api/tokens answers ${response.status}: ${await response.text()}`);
    return tokenMade.parse(await response.json()).token;
  };
  return { ok: true, target: target(url, null, prefix === "" ? "conf-" : prefix, make) };
}

/** An id has 64 characters; cases add some of their own to a prefix and a random part. */
const PREFIX_MAX = 32;

function target(url: string, secret: string | null, prefix: string, make: (grant: Grant) => Promise<string>): Target {
  const made = new Map<string, Promise<string>>();
  const { origin } = new URL(url);
  return {
    url: origin,
    ws: origin.replace(/^http/, "ws"),
    secret,
    token(grant) {
      const key = JSON.stringify(grant);
      const known = made.get(key) ?? make(grant);
      made.set(key, known);
      return known;
    },
    freshRun: () => `${prefix}${randomBytes(6).toString("hex")}`,
  };
}

/** What a token says, whoever signed it. */
function payload(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  } catch {
    return null;
  }
}
