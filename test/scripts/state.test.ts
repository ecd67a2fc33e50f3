import { chmodSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verify } from "hono/jwt";
import { expect, test } from "vitest";
import { openState, readPrivate, readSecrets } from "../../scripts/relay/state.ts";
import { ownerToken } from "../../scripts/relay/tokens.ts";
import { folderForTest } from "../support/temporary.ts";

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const NOW = Date.UTC(2026, 10, 23);
const DAY_MS = 24 * 60 * 60 * 1000;

test("AC1 the secret is made once, has 32 random bytes, and only its user may read it", () => {
  const state = openState(join(folderForTest(), "state"));
  const first = readSecrets(state, {});
  if (!first.ok) throw new Error(first.message);
  expect(Buffer.from(first.secret, "base64url")).toHaveLength(32);
  expect(mode(state.path)).toBe("700");
  expect(mode(state.secret)).toBe("600");
  expect(readSecrets(state, {})).toEqual(first);
});

test("AC1 a state folder that was open to others is closed", () => {
  const folder = join(folderForTest(), "state");
  mkdirSync(folder, { mode: 0o755 });
  const state = openState(folder);
  writeFileSync(state.secret, "x".repeat(40));
  chmodSync(state.secret, 0o644);
  expect(readSecrets(state, {})).toMatchObject({ ok: true, secret: "x".repeat(40) });
  expect(mode(folder)).toBe("700");
  expect(mode(state.secret)).toBe("600");
});

test("AC1 RUNCAST_SECRET is used instead, and is not written down; the one before it is passed on", () => {
  const state = openState(folderForTest());
  const environment = { RUNCAST_SECRET: "s".repeat(32), RUNCAST_SECRET_PREVIOUS: "p".repeat(32) };
  expect(readSecrets(state, environment)).toEqual({ ok: true, secret: "s".repeat(32), previous: "p".repeat(32) });
  expect(readPrivate(state.secret)).toBeUndefined();
});

test.each(["RUNCAST_SECRET", "RUNCAST_SECRET_PREVIOUS"])("AC1 a %s shorter than 32 bytes is refused, with the way to make one", (name) => {
  const refused = readSecrets(openState(folderForTest()), { [name]: "s".repeat(31) });
  expect(refused).toMatchObject({ ok: false, message: expect.stringMatching(`^${name} is shorter than 32 bytes.*randomBytes`) });
});

test("AC1 to rotate, the secret is moved to secret-previous: that still verifies, a new one is made, and links are signed with it", async () => {
  const state = openState(folderForTest());
  const old = readSecrets(state, {});
  if (!old.ok) throw new Error(old.message);
  const link = await ownerToken(state, old.secret, NOW);
  renameSync(state.secret, state.previousSecret);
  const rotated = readSecrets(state, {});
  if (!rotated.ok) throw new Error(rotated.message);
  expect(rotated).toMatchObject({ previous: old.secret });
  expect(rotated.secret).not.toBe(old.secret);
  expect(mode(state.previousSecret)).toBe("600");
  expect(await ownerToken(state, rotated.secret, NOW)).not.toBe(link);
  writeFileSync(state.previousSecret, "short");
  expect(readSecrets(state, {})).toMatchObject({ ok: false, message: expect.stringContaining("secret-previous is shorter than 32 bytes") });
});

test("AC1 the owner's token stays the same, until it is about to expire or the secret has changed", async () => {
  const state = openState(folderForTest());
  const secret = "s".repeat(32);
  const first = await ownerToken(state, secret, NOW);
  expect(await verify(first, secret, { alg: "HS256", exp: false })).toMatchObject({
    role: "owner",
    runs: "*",
    exp: (NOW + 90 * DAY_MS) / 1000,
  });
  expect(mode(state.ownerToken)).toBe("600");
  expect(await ownerToken(state, secret, NOW + 80 * DAY_MS)).toBe(first);
  expect(await ownerToken(state, secret, NOW + 84 * DAY_MS)).not.toBe(first);
  const renewed = await ownerToken(state, secret, NOW + 85 * DAY_MS);
  expect(await ownerToken(state, "another".repeat(8), NOW + 85 * DAY_MS)).not.toBe(renewed);
});
