import assert from "node:assert/strict";
import { type ShareMade, shareList, shareMade, TOKEN_LIFETIME_MAX_S, type TokenMade, tokenMade } from "../../../protocol/index.ts";
import { conform } from "../support/case.ts";
import type { Context } from "../support/context.ts";
import { refused } from "../support/http.ts";

/** A token with an id, made by the relay. */
async function make(at: Context, wish: Record<string, unknown> = {}): Promise<TokenMade> {
  const body = { role: "viewer", sub: "Ada", runs: at.run, expires_in: 600, ...wish };
  const made = await at.http("/api/tokens", "owner", { method: "POST", body });
  assert.equal(made.status, 201, made.text);
  return tokenMade.parse(made.json);
}

async function revoke(at: Context, jti: string): Promise<void> {
  assert.equal((await at.http(`/api/tokens/${jti}`, "owner", { method: "DELETE" })).status, 204);
}

async function share(at: Context, wish: Record<string, unknown> = {}): Promise<ShareMade> {
  const made = await at.http(`/api/runs/${at.run}/share`, "owner", { method: "POST", body: { role: "viewer", expires_in: 600, ...wish } });
  assert.equal(made.status, 201, made.text);
  return shareMade.parse(made.json);
}

/** AC4, AC5: tokens that are revoked and refreshed, and links to a run. */
export const revocation = [
  conform("AC4 a revoked token is refused from the next request on, over HTTP and at an upgrade; twice is as good as once", async (at) => {
    await at.producer();
    const { token, jti } = await make(at);
    assert.equal((await at.http(`/api/runs/${at.run}`, { token })).status, 200);
    for (const _ of ["once", "twice"]) await revoke(at, jti);
    refused(await at.http(`/api/runs/${at.run}`, { token }), 401, "token_revoked");
    refused(await at.refusal(`/runs/${at.run}/ws`, { headers: { Authorization: `Bearer ${token}` } }), 401, "token_revoked");
  }),

  ...(["plain", "runcast.v1.json"] as const).map((mode) =>
    conform(`AC4 an open viewer ends with 4102 when its token is revoked, and no other does: ${mode}`, async (at) => {
      await at.producer();
      const { token, jti } = await make(at);
      const viewer = await at.viewer("?replay=0", { mode, token });
      const other = await at.viewer("?replay=0", { mode });
      await revoke(at, jti);
      assert.equal((await viewer.closed).code, 4102);
      other.send({ type: "ping", timestamp: "still here" });
      assert.equal((await other.nextOf("pong")).client_timestamp, "still here");
    }),
  ),

  ...(["plain", "runcast.v1.json"] as const).map((mode) =>
    conform(
      `AC4 a refresh puts another token in the place of the first: its revocation counts, the first one's no more: ${mode}`,
      async (at) => {
        await at.producer();
        const [first, second] = [await make(at), await make(at)];
        const viewer = await at.viewer("?replay=0", { mode, token: first.token });
        viewer.send({ type: "refresh", token: "bad" });
        assert.equal((await viewer.nextOf("error")).code, "unauthorized");
        viewer.send({ type: "refresh", token: second.token });
        assert.equal((await viewer.nextOf("refreshed")).expires_at, second.expires_at);
        await revoke(at, first.jti);
        viewer.send({ type: "ping", timestamp: "still here" });
        assert.equal((await viewer.nextOf("pong")).client_timestamp, "still here");
        await revoke(at, second.jti);
        assert.equal((await viewer.closed).code, 4102);
      },
    ),
  ),

  conform("AC4 a producer ends with 4102 when its token is revoked", async (at) => {
    await at.producer();
    const { token, jti } = await make(at, { role: "agent" });
    const peer = await at.open(`/runs/${at.run}/agent`, { headers: { Authorization: `Bearer ${token}` } });
    await revoke(at, jti);
    assert.equal((await peer.closed).code, 4102);
  }),

  conform("AC1 a token is good for as long as its role may be, and not longer", async (at) => {
    for (const [role, most] of Object.entries(TOKEN_LIFETIME_MAX_S)) {
      await make(at, { role, expires_in: most });
      const body = { role, sub: "Ada", runs: at.run, expires_in: most + 1 };
      refused(await at.http("/api/tokens", "owner", { method: "POST", body }), 400, "invalid_message");
    }
  }),

  conform("AC5 a link signs in to its run alone, is listed without its token, and ends with its DELETE", async (at) => {
    await at.producer();
    const { token, jti, url } = await share(at);
    assert.equal(url, `${at.target.url}/runs/${at.run}#token=${token}`);
    assert.equal((await at.http(`/api/runs/${at.run}`, { token })).status, 200);
    refused(await at.http(`/api/runs/${at.run}-other`, { token }), 403, "forbidden");
    const listed = await at.http(`/api/runs/${at.run}/share`, "operator");
    assert.equal(shareList.parse(listed.json).shares[0]?.jti, jti);
    assert.ok(!listed.text.includes(token));
    assert.equal((await at.http(`/api/runs/${at.run}/share/${jti}`, "operator", { method: "DELETE" })).status, 204);
    refused(await at.http(`/api/runs/${at.run}`, { token }), 401, "token_revoked");
  }),

  conform("AC5 a deleted run ends with its sockets, by 4104, and with its links; a later hello makes a new run of its id", async (at) => {
    const producer = await at.producer();
    const viewers = [await at.viewer("?replay=0"), await at.viewer("?replay=0", { mode: "runcast.v1.json" })];
    const { token } = await share(at);
    const remove = () => at.http(`/api/runs/${at.run}`, "owner", { method: "DELETE" });
    refused(await at.http(`/api/runs/${at.run}`, "operator", { method: "DELETE" }), 403, "forbidden");
    assert.equal((await remove()).status, 204);
    for (const { closed } of [producer, ...viewers]) assert.equal((await closed).code, 4104);
    refused(await remove(), 404, "run_not_found");
    refused(await at.http(`/api/runs/${at.run}`, "viewer"), 404, "run_not_found");
    refused(
      await at.refusal(`/runs/${at.run}/ws`, { headers: { Authorization: `Bearer ${await at.token("viewer")}` } }),
      404,
      "run_not_found",
    );
    await at.producer();
    assert.equal((await at.http(`/api/runs/${at.run}`, "viewer")).status, 200);
    refused(await at.http(`/api/runs/${at.run}`, { token }), 401, "token_revoked");
  }),

  conform("AC5 an operator shares as viewer alone, and for no run that is not there", async (at) => {
    const ask = (role: string) => at.http(`/api/runs/${at.run}/share`, "operator", { method: "POST", body: { role, expires_in: 60 } });
    refused(await ask("viewer"), 404, "run_not_found");
    await at.producer();
    assert.equal((await ask("viewer")).status, 201);
    refused(await ask("operator"), 403, "forbidden");
    refused(await ask("owner"), 400, "invalid_message");
  }),
];
