import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { session } from "../../../protocol/index.ts";
import { conform } from "../support/case.ts";
import { line } from "../support/events.ts";
import { endsIn } from "../support/forge.ts";
import { refused } from "../support/http.ts";

/** AC3: what a browser sends by itself counts for pages of the relay only. */
const cookies = [
  conform("AC3 the session cookie is HttpOnly, Secure and SameSite=Lax, ends with the token, and carries a browser", async (at) => {
    await at.producer();
    const token = await at.token("viewer", { sub: "Ada" });
    for (const request of [{ body: { token } }, { headers: { Authorization: `Bearer ${token}` } }]) {
      const answer = await at.http("/api/session", null, { method: "POST", ...request });
      assert.equal(answer.status, 200, answer.text);
      const said = session.parse(answer.json);
      assert.partialDeepStrictEqual(said, { sub: "Ada", role: "viewer", runs: at.run });
      assert.ok(Math.abs(Date.parse(said.expires_at) - Date.now() - 3_600_000) < 600_000);
      const cookie = answer.headers.get("set-cookie") ?? "";
      for (const attribute of [/; *HttpOnly/i, /; *Secure/i, /; *SameSite=Lax/i, /; *Path=\//i, /; *Expires=/i])
        assert.match(cookie, attribute);
      const Cookie = cookie.split(";")[0] ?? "";
      assert.equal((await at.http(`/api/runs/${at.run}`, null, { headers: { Cookie } })).status, 200);
    }
  }),

  conform("AC3 DELETE ends the session; a page elsewhere signs nobody in or out", async (at) => {
    const token = await at.token("viewer");
    const Cookie = `runcast_session=${token}`;
    const elsewhere = { Origin: "https://elsewhere.example" };
    const post = await at.http("/api/session", null, { method: "POST", body: { token }, headers: elsewhere });
    refused(post, 403, "origin_not_allowed");
    refused(await at.http("/api/session", null, { method: "DELETE", headers: { Cookie, ...elsewhere } }), 403, "origin_not_allowed");
    refused(await at.http("/api/session", null, { method: "DELETE", headers: { Cookie } }), 403, "origin_not_allowed");
    const ended = await at.http("/api/session", null, { method: "DELETE", headers: { Cookie, Origin: at.target.url } });
    assert.equal(ended.status, 204);
    assert.match(ended.headers.get("set-cookie") ?? "", /runcast_session=;.*(?:Max-Age=0|Expires=Thu, 01 Jan 1970)/i);
  }),

  conform("AC3 a session needs a good token", async (at) => {
    refused(await at.http("/api/session", null, { method: "POST", body: { token: "bad" } }), 401, "unauthorized");
    refused(await at.http("/api/session", null, { method: "POST", body: "no JSON" }), 401, "unauthorized");
  }),

  conform("AC3 an upgrade that comes with the cookie must name the relay's own origin", async (at) => {
    await at.producer();
    const Cookie = `runcast_session=${await at.token("viewer")}`;
    const path = `/runs/${at.run}/ws`;
    refused(await at.refusal(path, { headers: { Cookie } }), 403, "origin_not_allowed");
    for (const Origin of ["https://elsewhere.example", "null", `${at.target.url}.elsewhere.example`]) {
      refused(await at.refusal(path, { headers: { Cookie, Origin } }), 403, "origin_not_allowed");
    }
    const peer = await at.open(path, { headers: { Cookie, Origin: at.target.url } });
    assert.equal((await peer.next()).type, "welcome");
  }),

  conform("AC3 a write that comes with the cookie must name the relay's own origin; one with a Bearer token need not", async (at) => {
    await at.producer();
    const token = await at.token("operator");
    const path = `/api/runs/${at.run}/commands`;
    const post = (id: string, headers: Record<string, string>) =>
      at.http(path, null, { method: "POST", body: { id, command: "stop" }, headers });
    const Cookie = `runcast_session=${token}`;
    refused(await post("a", { Cookie }), 403, "origin_not_allowed");
    refused(await post("b", { Cookie, Origin: "https://elsewhere.example" }), 403, "origin_not_allowed");
    assert.equal((await post("c", { Cookie, Origin: at.target.url })).status, 202);
    assert.equal((await post("d", { Authorization: `Bearer ${token}` })).status, 202);
    assert.partialDeepStrictEqual((await at.http(path, "viewer")).json, { commands: [{ id: "d" }, { id: "c" }] });
  }),
];

/** AC4: a socket is open for as long as its token is good. */
const expiry = [
  conform(
    "AC4, VW8 a socket whose token has ended is closed with 4101 at its next frame in",
    async (at) => {
      await at.producer();
      const viewer = await at.viewer("?replay=0", { token: endsIn(at, 3) });
      const answers: string[] = [];
      let over = false;
      void viewer.closed.then(() => {
        over = true;
      });
      for (let n = 0; !over && n < 100; n++) {
        viewer.send({ type: "ping", timestamp: n });
        answers.push(
          await viewer.next().then(
            (frame) => frame.type,
            () => "closed",
          ),
        );
        await delay(100);
      }
      assert.equal((await viewer.closed).code, 4101);
      assert.ok(answers.includes("pong"), "it was good before");
    },
    { needs: ["secret"] },
  ),

  conform(
    "AC4 a socket whose token has ended gets no event any more, in either mode, and is closed with 4101",
    async (at) => {
      const producer = await at.producer();
      const viewers = [
        await at.viewer("?replay=0", { token: endsIn(at, 3) }),
        await at.viewer("?events=*&replay=0", { token: endsIn(at, 3), mode: "plain" }),
      ];
      const stays = await at.viewer("?replay=0");
      let open = viewers.length;
      for (const viewer of viewers) void viewer.closed.then(() => open--);
      for (let n = 0; open > 0 && n < 100; n++) {
        await producer.store([line(`${n}`)]);
        await stays.nextEvent((event) => event.message === `${n}`);
        await delay(100);
      }
      for (const viewer of viewers) assert.equal((await viewer.closed).code, 4101);
    },
    { needs: ["secret"] },
  ),
];

export const sessions = [...cookies, ...expiry];
