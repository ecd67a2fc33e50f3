import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { type Claims, type Role, RUNS_PER_TOKEN, TOKENS_PER_SCOPE } from "../../protocol/index.ts";
import type { Caller } from "../../worker/directory/token-book.ts";
import { RunRoom } from "../../worker/run/run-room.ts";
import { UPGRADE_HEADER } from "../../worker/run/upgrade.ts";
import { bookAlone, directory, fill, inDirectory } from "./support/directory.ts";
import { evict, newRun, room } from "./support/rooms.ts";
import { ask } from "./support/route-attempts.ts";
import { agent, greetAgent, line, messages, openAs } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const newJti = () => crypto.randomUUID();

/** `DELETE /api/tokens/:jti` by an owner of everything, if nothing else is said. */
async function revoke(jti: string, by: Partial<Claims> = {}): Promise<Response> {
  return ask(`/api/tokens/${encodeURIComponent(jti)}`, await token({ role: "owner", ...by }), { method: "DELETE" });
}

async function code(response: Response): Promise<[number, string]> {
  return [response.status, (await response.json<{ error: { code: string } }>()).error.code];
}

async function read(run: string, claims: Partial<Claims>): Promise<number> {
  return (await ask(`/api/runs/${run}`, await token(claims))).status;
}

const WAYS: Record<string, (token: string) => { headers?: Record<string, string>; query?: string }> = {
  header: (token) => ({ headers: { Authorization: `Bearer ${token}` } }),
  subprotocol: (token) => ({ headers: { "Sec-WebSocket-Protocol": `runcast.plain, bearer.${token}` } }),
  cookie: (token) => ({ headers: { Cookie: `runcast_session=${token}`, Origin: "https://relay.test" } }),
  query: (token) => ({ query: `?token=${token}` }),
};

describe("a revoked token", () => {
  test.each(Object.keys(WAYS))("AC4 is refused from the next request on, at every door, when it comes as %s", async (way) => {
    const run = newRun();
    await agent(run);
    for (const [path, role, upgrade] of [
      [`/api/runs/${run}`, "viewer", false],
      ["/api/runs", "viewer", false],
      [`/runs/${run}/ws`, "viewer", true],
      [`/runs/${run}/agent`, "agent", true],
    ] as const) {
      const jti = newJti();
      const { headers = {}, query = "" } = WAYS[way]?.(await token({ role, jti })) ?? {};
      const come = () => ask(path + query, null, { headers: { ...headers, ...(upgrade && { Upgrade: "websocket" }) } });
      const before = await come();
      before.webSocket?.accept();
      expect(before.status).toBe(upgrade ? 101 : 200);
      expect((await revoke(jti)).status).toBe(204);
      expect([path, ...(await code(await come()))]).toEqual([path, 401, "token_revoked"]);
    }
  });

  test("AC4 makes no session", async () => {
    const jti = newJti();
    const made = await token({ jti });
    await revoke(jti);
    const response = await ask("/api/session", null, { method: "POST", body: JSON.stringify({ token: made }) });
    expect(await code(response)).toEqual([401, "token_revoked"]);
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  test.each([
    ["awake", "plain"],
    ["awake", "runcast.v1.json"],
    ["awake", "runcast.v1.proto"],
    ["hibernated", "plain"],
    ["hibernated", "runcast.v1.json"],
    ["hibernated", "runcast.v1.proto"],
  ] as const)("AC4 loses its viewers in every room that it has touched, and nobody else does: %s, %s", async (state, mode) => {
    const runs = [newRun(), newRun()];
    const jti = newJti();
    const viewers = [];
    const others = [];
    for (const run of runs) {
      await agent(run);
      for (const held of [{ jti }, { jti }]) viewers.push(await openAs(run, mode, held));
      others.push(await openAs(run, mode, { jti: newJti() }), await openAs(run, mode, {}));
    }
    if (state === "hibernated") for (const run of runs) await evict(run);
    await revoke(jti);
    expect((await Promise.all(viewers.map(({ closed }) => closed))).map(({ code }) => code)).toEqual([4102, 4102, 4102, 4102]);
    for (const other of others) {
      other.send({ type: "ping", timestamp: "still here" });
      expect(await other.nextOf("pong")).toMatchObject({ client_timestamp: "still here" });
    }
    for (const run of runs) expect(JSON.parse((await room(run).summary()) ?? "")).toMatchObject({ viewers: 2, agent_connected: true });
  });

  test.each(["awake", "hibernated"])(
    "AC4 loses its producer, whose tail is stored first; the run goes on with another token: %s",
    async (state) => {
      const run = newRun();
      const jti = newJti();
      const producer = await greetAgent(run, { jti });
      producer.batch([line("one"), line("two")], false);
      producer.send({ type: "ping" });
      await producer.nextOf("pong");
      if (state === "hibernated") {
        producer.batch([line("three")], true);
        await producer.nextOf("ack");
        await evict(run);
      }
      await revoke(jti);
      expect(await producer.closed).toMatchObject({ code: 4102 });
      const { events } = await (await ask(`/api/runs/${run}/events`, await token())).json<{ events: unknown[] }>();
      const stored = state === "hibernated" ? ["one", "two", "three"] : ["one", "two"];
      expect(messages(events)).toEqual(stored);
      expect(JSON.parse((await room(run).summary()) ?? "")).toMatchObject({ agent_connected: false });
      const again = await greetAgent(run, { jti: newJti() });
      expect(again.ready).toMatchObject({ type: "ready", last_seq: stored.length });
    },
  );

  test("AC4 loses a producer that has not said hello yet; no run comes of it", async () => {
    const [run, existing] = [newRun(), newRun()];
    await agent(existing);
    const jti = newJti();
    const silent = await Promise.all([run, existing].map((each) => openAs(each, "agent", { role: "agent", jti })));
    await evict(run);
    await revoke(jti);
    expect((await Promise.all(silent.map(({ closed }) => closed))).map(({ code }) => code)).toEqual([4102, 4102]);
    expect(await room(run).summary()).toBeNull();
  });

  test("AC4 what a producer still sends after it was put out is not taken", async () => {
    const run = newRun();
    const jti = newJti();
    const producer = await greetAgent(run, { jti });
    const revoked = revoke(jti);
    for (let n = 0; n < 50; n += 1) producer.batch([line(`${n}`)], true);
    await revoked;
    await producer.closed;
    const count = async () => (await (await ask(`/api/runs/${run}/events`, await token())).json<{ events: unknown[] }>()).events.length;
    const then = await count();
    await evict(run);
    expect(await count()).toBe(then);
  });

  test("AC4 let in by the Worker a moment before is refused at the room's door", async () => {
    const run = newRun();
    await agent(run);
    const identity = { sub: "late", role: "viewer" as Role, exp: Math.floor(Date.now() / 1000) + 3600, jti: newJti() };
    expect(await directory().arrive({ ...identity, run }, false)).toMatchObject({ ok: true });
    await revoke(identity.jti);
    const upgrade = { kind: "viewer", run, identity, mode: "plain", protocol: null, subscription: [], wish: { since: null, replay: 0 } };
    const response = await room(run).fetch("https://room/", {
      headers: { Upgrade: "websocket", [UPGRADE_HEADER]: JSON.stringify(upgrade) },
    });
    expect(await code(response)).toEqual([401, "token_revoked"]);
    expect(await directory().arrive({ ...identity, run }, false)).toMatchObject({ ok: false, code: "token_revoked" });
  });

  test("AC4 is followed into a room that could not be told at first", async () => {
    const run = newRun();
    const jti = newJti();
    await agent(run);
    const viewer = await openAs(run, "plain", { jti });
    const failing = vi.spyOn(RunRoom.prototype, "revoke").mockRejectedValueOnce(new Error("the room starts again"));
    expect((await revoke(jti)).status).toBe(204);
    expect(failing).toHaveBeenCalledTimes(1);
    viewer.send({ type: "ping" });
    await viewer.nextOf("pong");
    expect(await read(run, { jti })).toBe(401);
    expect(await runDurableObjectAlarm(directory())).toBe(true);
    expect(await viewer.closed).toMatchObject({ code: 4102 });
    expect(await inDirectory((sql) => sql.exec("SELECT * FROM untold").toArray())).toEqual([]);
    failing.mockRestore();
  });

  test("AC4 one room that fails keeps no other from being told", async () => {
    const runs = [newRun(), newRun(), newRun()];
    const jti = newJti();
    const viewers = [];
    for (const run of runs) {
      await agent(run);
      viewers.push(await openAs(run, "plain", { jti }));
    }
    const failing = vi.spyOn(RunRoom.prototype, "revoke").mockRejectedValueOnce(new Error("the room starts again"));
    await revoke(jti);
    await Promise.any(viewers.map(({ closed }) => closed));
    expect(await inDirectory((sql) => sql.exec("SELECT * FROM untold").toArray())).toHaveLength(1);
    failing.mockRestore();
    await runDurableObjectAlarm(directory());
    for (const viewer of viewers) expect(await viewer.closed).toMatchObject({ code: 4102 });
  });
});

describe("revoking", () => {
  test("AC4 an owner of some runs revokes for these alone: a token for more keeps the rest, with its sockets", async () => {
    const own = newRun();
    const rest = `other-${newRun()}`;
    await agent(own);
    await agent(rest);
    const jti = newJti();
    const claims = { runs: [`${own}*`, `${rest}*`], jti };
    const [here, there] = [await openAs(own, "plain", claims), await openAs(rest, "plain", claims)];
    expect((await revoke(jti, { runs: `${own}*` })).status).toBe(204);
    expect(await here.closed).toMatchObject({ code: 4102 });
    there.send({ type: "ping" });
    await there.nextOf("pong");
    expect([await read(own, claims), await read(rest, claims)]).toEqual([401, 200]);
    const { runs } = await (await ask("/api/runs", await token(claims))).json<{ runs: { run: string }[] }>();
    expect(runs.map(({ run }) => run)).toEqual([rest]);
    expect((await revoke(jti, { runs: `${rest}*` })).status).toBe(204);
    expect(await there.closed).toMatchObject({ code: 4102 });
    expect(await read(rest, claims)).toBe(401);
  });

  test("AC4 an owner whose own token was revoked for some runs revokes nothing there, and makes no token for them", async () => {
    const [own, lost] = [newRun(), `lost-${newRun()}`];
    for (const run of [own, lost]) await agent(run);
    const jti = newJti();
    const owner: Partial<Claims> = { role: "owner", runs: [`${own}*`, `${lost}*`], jti };
    await revoke(jti, { runs: `${lost}*` });
    const victim = { runs: [own, lost], jti: newJti() };
    expect((await revoke(victim.jti, owner)).status).toBe(204);
    expect([await read(own, victim), await read(lost, victim)]).toEqual([401, 200]);
    const wish = (runs: string) => JSON.stringify({ role: "viewer", sub: "Ada", runs, expires_in: 60 });
    const make = async (runs: string) => (await ask("/api/tokens", await token(owner), { method: "POST", body: wish(runs) })).status;
    expect([await make(own), await make(lost), await make(`${lost}*`)]).toEqual([201, 403, 403]);
    // Everything but some runs: no list of patterns says that.
    const everything: Partial<Claims> = { role: "owner", runs: "*", jti: newJti() };
    await revoke(everything.jti ?? "", { runs: `${lost}*` });
    expect(await code(await revoke(newJti(), everything))).toEqual([403, "forbidden"]);
  });

  test("AC4 a token without an id goes on, whatever is revoked", async () => {
    const run = newRun();
    await agent(run);
    const viewer = await openAs(run, "plain", {});
    for (const jti of ["undefined", "null", "tester"]) expect((await revoke(jti)).status).toBe(204);
    viewer.send({ type: "ping" });
    await viewer.nextOf("pong");
    expect(await read(run, {})).toBe(200);
  });

  test("AC4 an id that the relay never saw can be revoked, whatever it looks like, and twice", async () => {
    const run = newRun();
    await agent(run);
    for (const jti of [newJti(), "a/b", "...", "%2e", "ключ 🔑", "' OR 1=1 --", "x".repeat(64)]) {
      expect([jti, await read(run, { jti })]).toEqual([jti, 200]);
      for (const _ of ["once", "twice"]) expect([jti, (await revoke(jti)).status]).toEqual([jti, 204]);
      expect([jti, await read(run, { jti })]).toEqual([jti, 401]);
    }
    expect(await code(await revoke("x".repeat(65)))).toEqual([404, "not_found"]);
  });

  test("AC4 the list of tokens says what was revoked, and shows no token", async () => {
    const runs = newRun();
    const owner = await token({ role: "owner", runs: [`${runs}*`, `b-${runs}*`] });
    const make = async (runs: string | string[]) =>
      (
        await ask("/api/tokens", owner, { method: "POST", body: JSON.stringify({ role: "viewer", sub: "Ada", runs, expires_in: 60 }) })
      ).json<{
        jti: string;
        token: string;
      }>();
    const [both, one] = [await make([runs, `b-${runs}`]), await make(runs)];
    for (const { jti } of [both, one]) await revoke(jti, { runs: `${runs}*` });
    const text = await (await ask("/api/tokens", owner)).text();
    expect(JSON.parse(text).tokens).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ jti: one.jti, revoked: true }),
        // It is still good for the other run.
        expect.objectContaining({ jti: both.jti, revoked: false }),
      ]),
    );
    for (const made of [both, one]) expect(text).not.toContain(made.token.split(".")[2]);
  });

  test("AC6 the list of revoked tokens is bounded: past it a typed error, and everything revoked stays so", async () => {
    const scope = `full-${newRun()}*`;
    await inDirectory((sql) => fill(sql, "revoked", 1000, `'filled-' || n, '["${scope}"]', 4102444800`));
    expect(await code(await revoke(newJti(), { runs: scope }))).toEqual([429, "limit_reached"]);
    expect((await revoke("filled-1", { runs: scope })).status).toBe(204);
    expect((await revoke(newJti(), { runs: "another-part*" })).status).toBe(204);
    await inDirectory((sql) => sql.exec("DELETE FROM revoked WHERE jti LIKE 'filled-%'"));
  });

  test("AC6 links to many runs that are revoked count for whoever was given these runs, and nobody else", async () => {
    await bookAlone((book) => {
      const lab = { runs: "lab-*", jti: "of-the-lab" };
      const end = (n: number, by: Caller) => book.revoke(`link-${n}`, `lab-${n}`, by, 0);
      for (let n = 0; n < TOKENS_PER_SCOPE; n += 1) expect(end(n, lab)).toMatchObject({ ok: true });
      expect(end(TOKENS_PER_SCOPE, lab)).toMatchObject({ ok: false, code: "limit_reached" });
      // Whoever ends it: it is in the list already.
      expect(end(1, { runs: "lab-1" })).toMatchObject({ ok: true });
      expect(end(TOKENS_PER_SCOPE, { runs: "other-*" })).toMatchObject({ ok: true });
      expect(end(TOKENS_PER_SCOPE + 1, { runs: "*" })).toMatchObject({ ok: true });
    });
  });

  test("AC6 an owner who makes owners of smaller parts has no more room by them, at any depth; one of everything gives each its own", async () => {
    await bookAlone((book, sql) => {
      const record = { role: "owner", sub: "Ada", by: "Bo", created_at: "", expires_at: "" } as const;
      const make = (jti: string, runs: string, maker: Caller) => {
        expect(book.add({ record: { ...record, jti, runs }, maker, share: null, exp: 1e9 }, 0)).toMatchObject({ ok: true });
        return { runs, jti };
      };
      const lab = make("lab", "lab-*", { runs: "*", jti: "root" });
      const part = make("part", "lab-a*", lab);
      const smaller = make("smaller", "lab-ab*", part);
      const other = make("other", "other-*", { runs: "*", jti: "root" });
      fill(sql, "revoked", TOKENS_PER_SCOPE, `'filled-' || n, '["lab-*"]', 4102444800`);
      for (const by of [lab, part, smaller]) expect(book.revoke("one-more", by.runs, by, 0)).toMatchObject({ code: "limit_reached" });
      expect(book.revoke("one-more", other.runs, other, 0)).toMatchObject({ ok: true });
      // Nor by deleting runs that had links.
      const share = (maker: Caller) => book.add({ record: { ...record, jti: "l", runs: "lab-ab" }, maker, share: "lab-ab", exp: 1e9 }, 0);
      expect(share(smaller)).toMatchObject({ ok: false, code: "limit_reached" });
      expect(share({ runs: "*" })).toMatchObject({ ok: true });
      book.forgetRun("lab-ab", 0);
      expect(sql.exec("SELECT payer FROM payers WHERE jti = 'l'").one()).toEqual({ payer: '["*"]' });
    });
  });

  test("AC6 what was revoked is forgotten with who paid for it, once it would have ended", async () => {
    await bookAlone((book, sql) => {
      book.revoke("old", "lab-1", { runs: "lab-*" }, 0);
      book.revoke("new", "lab-1", { runs: "lab-*" }, 400 * 24 * 3600);
      for (const table of ["revoked", "payers"]) expect(sql.exec(`SELECT jti FROM ${table}`).toArray()).toEqual([{ jti: "new" }]);
    });
  });

  test("AC6 a token begins so many runs and no more, and goes on with those that it has begun", async () => {
    const run = newRun();
    const jti = newJti();
    const producer = await greetAgent(run, { jti });
    producer.close();
    await producer.closed;
    await inDirectory((sql) => fill(sql, "touched", RUNS_PER_TOKEN - 1, `'jti ${jti}', 'run-' || n, 4102444800`));
    const come = async (to: string) => ask(`/runs/${to}/agent`, await token({ role: "agent", jti }), { headers: { Upgrade: "websocket" } });
    expect(await code(await come(newRun()))).toEqual([429, "limit_reached"]);
    const again = await come(run);
    again.webSocket?.accept();
    expect(again.status).toBe(101);
  });

  test("AC6 a viewer that makes up runs leaves no endless trace, and still comes to those that exist", async () => {
    await bookAlone((book, sql) => {
      const arrive = (run: string, listed: boolean) => book.arrive({ sub: "v", jti: "j", exp: 1e9, run }, { produces: false, listed }, 0);
      fill(sql, "touched", RUNS_PER_TOKEN, "'jti j', 'made-up-' || n, 4102444800");
      expect(arrive("made-up-too", false)).toMatchObject({ ok: false, code: "limit_reached" });
      expect(arrive("there", true)).toMatchObject({ ok: true });
    });
  });
});
