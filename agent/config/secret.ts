import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Env, relayStateFolders } from "./paths.ts";
import { isLoopback, type Relay } from "./relay.ts";

/** HS256 wants a key as long as its hash. */
const SECRET_MIN_BYTES = 32;

export type Secret = { ok: true; secret: string } | { ok: false; reason: string };

/**
 * The signing secret of the relay, where this machine has it: `RUNCAST_SECRET`, else the file `secret` in the state folder of
 * a relay on this machine. A folder that `RUNCAST_STATE` names counts for any relay: whoever names it knows whose it is.
 */
export function findSecret(env: Env, cwd: string, relay: Relay): Secret {
  const given = env.RUNCAST_SECRET;
  if (given) return checked(given, "RUNCAST_SECRET");
  if (!env.RUNCAST_STATE && !isLoopback(relay)) return { ok: false, reason: `the secret of ${relay.http} is not on this machine` };
  const files = relayStateFolders(env, cwd).map((folder) => join(folder, "secret"));
  for (const file of files) {
    const text = readText(file);
    if (text !== null) return checked(text, file);
  }
  return { ok: false, reason: `no relay has kept its secret in ${files.join(" or ")}` };
}

function checked(text: string, from: string): Secret {
  const secret = text.trim();
  if (Buffer.byteLength(secret) >= SECRET_MIN_BYTES) return { ok: true, secret };
  return { ok: false, reason: `the secret in ${from} is shorter than ${SECRET_MIN_BYTES} bytes` };
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
