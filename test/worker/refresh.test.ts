import { describe, expect, test, vi } from "vitest";
import type { Claims } from "../../protocol/index.ts";
import { evict, newRun } from "./support/rooms.ts";
import { ask } from "./support/route-attempts.ts";
import { agent, openAs, type Peer } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const MODES = ["plain", "runcast.v1.json", "runcast.v1.proto"] as const;
/** Forgiven at the end of a token, in seconds. */
const LEEWAY_S = 30;
const now = () => Math.floor(Date.now() / 1000);
const newJti = () => crypto.randomUUID();

async function revoke(jti: string): Promise<void> {
  expect((await ask(`/api/tokens/${jti}`, await token({ role: "owner" }), { method: "DELETE" })).status).toBe(204);
}

async function goesOn(viewer: Peer): Promise<void> {
  viewer.send({ type: "ping", timestamp: "still here" });
  expect(await viewer.nextOf("pong")).toMatchObject({ client_timestamp: "still here" });
}

describe("refresh", () => {
  test.each(MODES)("AC4 a connection outlives its first token, also hibernated: %s", async (mode) => {
    const run = newRun();
    await agent(run);
    // Ends two seconds from now, the forgiven clock difference counted.
    const viewer = await openAs(run, mode, { exp: now() - LEEWAY_S + 2 });
    const left = await openAs(run, mode, { exp: now() - LEEWAY_S + 2 });
    const exp = now() + 600;
    viewer.send({ type: "refresh", token: await token({ exp }) });
    expect(await viewer.nextOf("refreshed")).toMatchObject({ expires_at: new Date(exp * 1000).toISOString() });
    await evict(run);
    // The other one says when the time is over. It asks less often than a viewer may.
    let over = false;
    void left.closed.then(({ code }) => {
      over = code === 4101;
    });
    const asked = () => {
      if (!over) left.send({ type: "ping" });
      return over;
    };
    await vi.waitUntil(asked, { interval: 100, timeout: 5000 });
    await goesOn(viewer);
  });

  test.each(MODES)("AC4 a token that is good for nothing is answered with a typed error, and the connection goes on: %s", async (mode) => {
    const run = newRun();
    await agent(run);
    const gone = newJti();
    await revoke(gone);
    const cases: [string, string][] = [
      ["bad", "unauthorized"],
      ["", "unauthorized"],
      [await token({ exp: now() - 3600 }), "token_expired"],
      [await token({ jti: gone }), "token_revoked"],
      [await token({ runs: "another" }), "forbidden"],
      [await token({ role: "owner" }), "forbidden"],
      [await token({}, "another-key-that-is-also-long-enough-to-be-one"), "unauthorized"],
    ];
    for (const [made, code] of cases) {
      // One each: a connection may not ask that often in a row.
      const viewer = await openAs(run, mode, { jti: newJti() });
      viewer.send({ type: "refresh", token: made });
      expect(await viewer.nextOf("error")).toMatchObject({ code });
      await goesOn(viewer);
    }
  });

  test.each(["awake", "hibernated"])(
    "AC4 after a refresh the new token's revocation ends the connection, the old one's does not: %s",
    async (state) => {
      const run = newRun();
      await agent(run);
      const [before, after]: Partial<Claims>[] = [{ jti: newJti() }, { jti: newJti() }];
      const viewer = await openAs(run, "plain", before ?? {});
      viewer.send({ type: "refresh", token: await token(after) });
      await viewer.nextOf("refreshed");
      if (state === "hibernated") await evict(run);
      await revoke(before?.jti ?? "");
      await goesOn(viewer);
      await revoke(after?.jti ?? "");
      expect(await viewer.closed).toMatchObject({ code: 4102 });
    },
  );
});
