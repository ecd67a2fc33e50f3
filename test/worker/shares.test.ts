import { describe, expect, test } from "vitest";
import { type Claims, SHARES_PER_RUN, type ShareMade, TOKEN_LIFETIME_MAX_S, type TokenRecord } from "../../protocol/index.ts";
import { bookAlone, fill, inDirectory } from "./support/directory.ts";
import { newRun } from "./support/rooms.ts";
import { ask } from "./support/route-attempts.ts";
import { agent, openAs } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

async function share(run: string, body: object, by: Partial<Claims> = {}): Promise<Response> {
  const owner = await token({ role: "owner", ...by });
  return ask(`/api/runs/${run}/share`, owner, { method: "POST", body: JSON.stringify({ role: "viewer", expires_in: 60, ...body }) });
}

async function end(run: string, jti: string, by: Partial<Claims> = {}): Promise<number> {
  return (await ask(`/api/runs/${run}/share/${jti}`, await token({ role: "owner", ...by }), { method: "DELETE" })).status;
}

describe("links to a run", () => {
  test("AC5 a link reads its run alone, is listed without its token, and ends with its DELETE, with its sockets", async () => {
    const [run, other] = [newRun(), newRun()];
    await agent(run);
    await agent(other);
    const made = await (await share(run, { sub: "Ada" })).json<ShareMade>();
    expect(made.url).toBe(`https://relay.test/runs/${run}#token=${made.token}`);
    const read = async (id: string) => (await ask(`/api/runs/${id}`, made.token)).status;
    expect([await read(run), await read(other)]).toEqual([200, 403]);
    const text = await (await ask(`/api/runs/${run}/share`, await token({ role: "operator" }))).text();
    expect(JSON.parse(text)).toMatchObject({
      shares: [{ jti: made.jti, role: "viewer", sub: "Ada", by: "tester", runs: run, revoked: false }],
    });
    expect(text).not.toContain(made.token);
    const viewer = await openAs(run, "plain", { jti: made.jti, runs: run });
    expect(await end(other, made.jti)).toBe(404);
    expect([await end(run, made.jti), await end(run, made.jti)]).toEqual([204, 204]);
    expect(await viewer.closed).toMatchObject({ code: 4102 });
    expect(await read(run)).toBe(401);
    const { shares } = await (await ask(`/api/runs/${run}/share`, await token({ role: "owner" }))).json<{ shares: TokenRecord[] }>();
    expect(shares).toMatchObject([{ jti: made.jti, revoked: true }]);
  });

  test("AC5 an operator shares as viewer, not as operator, and ends no link to operate", async () => {
    const run = newRun();
    await agent(run);
    expect((await share(run, {}, { role: "operator" })).status).toBe(201);
    expect((await share(run, { role: "operator" }, { role: "operator" })).status).toBe(403);
    const made = await (await share(run, { role: "operator" })).json<ShareMade>();
    expect([await end(run, made.jti, { role: "operator" }), await end(run, made.jti)]).toEqual([403, 204]);
    for (const role of ["agent", "owner"]) expect((await share(run, { role })).status).toBe(400);
  });

  test("AC5 a run that is not there has no links; none is good for longer than its role may be", async () => {
    expect((await share(newRun(), {})).status).toBe(404);
    expect((await ask(`/api/runs/${newRun()}/share`, await token({ role: "owner" }))).status).toBe(404);
    const run = newRun();
    await agent(run);
    for (const role of ["viewer", "operator"] as const) {
      const most = TOKEN_LIFETIME_MAX_S[role];
      expect((await share(run, { role, expires_in: most })).status).toBe(201);
      expect((await share(run, { role, expires_in: most + 1 })).status).toBe(400);
    }
  });

  test("AC6 a run has so many good links and no more: ending one makes room", async () => {
    const run = newRun();
    await agent(run);
    const made = await (await share(run, {})).json<ShareMade>();
    await inDirectory((sql) => fill(sql, "tokens", SHARES_PER_RUN - 1, `'${run}-' || n, '${run}', '["*"]', '{}', 4102444800`));
    expect((await share(run, {})).status).toBe(429);
    await end(run, made.jti);
    expect((await share(run, {})).status).toBe(201);
    await inDirectory((sql) => sql.exec("DELETE FROM tokens WHERE run = ?", run));
  });

  test("AC6 a link that is ended counts for the runs of whoever ends it, not for its own", async () => {
    const run = newRun();
    await agent(run);
    const { jti } = await (await share(run, {})).json<ShareMade>();
    expect(await end(run, jti, { runs: `${run}*` })).toBe(204);
    const rows = await inDirectory((sql) => sql.exec("SELECT scope, payer FROM payers WHERE jti = ?", jti).toArray());
    expect(rows).toEqual([{ scope: `["${run}"]`, payer: `["${run}*"]` }]);
  });

  test("AC6 what has ended counts no more at once, and is swept within a day", async () => {
    await bookAlone((book, sql) => {
      const record = { role: "viewer", sub: "Ada", runs: "r", by: "Bo", created_at: "", expires_at: "" } as const;
      const add = (jti: string, exp: number, at: number) =>
        book.add({ record: { ...record, jti }, maker: { runs: "*" }, share: "r", exp }, at);
      for (let n = 0; n < SHARES_PER_RUN; n += 1) expect(add(`a${n}`, 100, 100_000 - 99_990)).toMatchObject({ ok: true });
      for (let n = 0; n < SHARES_PER_RUN; n += 1) expect(add(`b${n}`, 1e6, 200)).toMatchObject({ ok: true });
      expect(add("c", 1e6, 200)).toMatchObject({ ok: false, code: "limit_reached" });
      expect(book.revoke("b0", "r", { runs: "r" }, 200 + 24 * 3600)).toMatchObject({ ok: true });
      expect(sql.exec("SELECT count(*) AS n FROM tokens").one()).toEqual({ n: SHARES_PER_RUN });
    });
  });
});
