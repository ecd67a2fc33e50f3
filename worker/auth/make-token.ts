import type { TokenMade, TokenRequest } from "../../protocol/index.ts";
import type { Env } from "../env.ts";
import { HttpFailure } from "../http/errors.ts";
import { directoryOf } from "../rooms.ts";
import type { Grant } from "./grant.ts";
import { readKeys, signToken } from "./token.ts";

/**
 * Makes a token and lists it, so that it can be found again and revoked.
 * @param share the run that it is a link to, null for a token by itself
 * @throws HttpFailure `limit_reached`, `misconfigured`
 */
export async function makeToken(env: Env, wish: TokenRequest, maker: Grant, share: string | null): Promise<TokenMade> {
  const keys = readKeys(env);
  if (!keys.ok) throw new HttpFailure(keys.code, keys.message);
  const { role, sub, runs, expires_in } = wish;
  const iat = Math.floor(Date.now() / 1000);
  const exp = iat + expires_in;
  const jti = crypto.randomUUID();
  const expires_at = new Date(exp * 1000).toISOString();
  const record = { jti, role, sub, runs, by: maker.sub, created_at: new Date(iat * 1000).toISOString(), expires_at };
  const listed = await directoryOf(env).add({ record, maker: { runs: maker.runs, jti: maker.jti }, share, exp });
  if (!listed.ok) throw new HttpFailure(listed.code, listed.message);
  return { token: await signToken({ sub, role, runs, iat, exp, jti }, keys.value), jti, expires_at };
}
