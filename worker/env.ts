import type { Directory } from "./directory/directory.ts";
import type { RunRoom } from "./run/run-room.ts";

/** Bindings and settings, as wrangler.toml names them. */
export type Env = {
  RUN_ROOM: DurableObjectNamespace<RunRoom>;
  DIRECTORY: DurableObjectNamespace<Directory>;
  BLOBS: R2Bucket;
  ASSETS: Fetcher;
  UPGRADES: RateLimit;
  /** HS256 key, at least 32 bytes (AC1). */
  RUNCAST_SECRET: string;
  /** The key before the present one; still verifies while keys rotate. */
  RUNCAST_SECRET_PREVIOUS?: string;
  RUNCAST_LOG_LEVEL?: string;
  /** Origins beside the relay's own whose pages may use the session cookie, separated by commas (AC3). */
  RUNCAST_ALLOWED_ORIGINS?: string;
};
