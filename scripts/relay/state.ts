import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** HS256 wants a key at least as long as its hash (RFC 7518, 3.2). In bytes. */
export const SECRET_MIN_BYTES = 32;

/** What a relay on this machine keeps, readable by its user alone. */
export type StateFolder = {
  path: string;
  secret: string;
  /** The key before it, while they rotate: put there by hand. */
  previousSecret: string;
  ownerToken: string;
  /** Who uses the folder at present. */
  claim: string;
  log: string;
  /** The objects' and the bucket's data. */
  persist: string;
  /** Events of the demo that wait for the relay. */
  spool: string;
};

/** Makes the folder if need be, closes it to other users, and names what lies in it. */
export function openState(folder: string): StateFolder {
  const path = resolve(folder);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  // The folder may have been there before, made by hand with the usual 0755.
  chmodSync(path, 0o700);
  return {
    path,
    secret: join(path, "secret"),
    previousSecret: join(path, "secret-previous"),
    ownerToken: join(path, "owner-token"),
    claim: join(path, "relay.json"),
    log: join(path, "relay.log"),
    persist: join(path, "relay"),
    spool: join(path, "spool"),
  };
}

/** Writes a file that only its user may read; a reader sees the old content or the new, never a part. */
export function writePrivate(path: string, content: string): void {
  const next = `${path}.${process.pid}.new`;
  writeFileSync(next, content, { mode: 0o600 });
  renameSync(next, path);
}

/** @returns the content without its last line feed, undefined when there is no such file */
export function readPrivate(path: string): string | undefined {
  try {
    const content = readFileSync(path, "utf8");
    chmodSync(path, 0o600);
    return content.trimEnd();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export type Secrets = { ok: true; secret: string; previous: string | undefined } | { ok: false; message: string };

/**
 * The key that tokens are signed with (AC1): `RUNCAST_SECRET` of the environment, or else the one in the state folder, which is
 * made when it is not there. `RUNCAST_SECRET_PREVIOUS`, or the file `secret-previous`, still verifies while keys rotate.
 */
export function readSecrets(state: StateFolder, environment: NodeJS.ProcessEnv): Secrets {
  const given = environment.RUNCAST_SECRET || undefined;
  const previous = environment.RUNCAST_SECRET_PREVIOUS || readPrivate(state.previousSecret) || undefined;
  const secret = given ?? readPrivate(state.secret) ?? makeSecret(state);
  if (Buffer.byteLength(secret) < SECRET_MIN_BYTES) {
    return refused(given === undefined ? state.secret : "RUNCAST_SECRET");
  }
  if (previous !== undefined && Buffer.byteLength(previous) < SECRET_MIN_BYTES) {
    return refused(environment.RUNCAST_SECRET_PREVIOUS ? "RUNCAST_SECRET_PREVIOUS" : state.previousSecret);
  }
  return { ok: true, secret, previous };
}

function makeSecret(state: StateFolder): string {
  const secret = randomBytes(SECRET_MIN_BYTES).toString("base64url");
  writePrivate(state.secret, `${secret}\n`);
  return secret;
}

function refused(what: string): Secrets {
  const make = `node -e "console.log(require('crypto').randomBytes(${SECRET_MIN_BYTES}).toString('base64url'))"`;
  return { ok: false, message: `${what} is shorter than ${SECRET_MIN_BYTES} bytes, so tokens could be forged. Make one with: ${make}` };
}
