import type { Env } from "./env.ts";
import { HttpFailure } from "./http/errors.ts";

/** The room of a run, whether or not the run exists. */
export function roomOf(env: Env, run: string) {
  return env.RUN_ROOM.get(env.RUN_ROOM.idFromName(run));
}

export function directoryOf(env: Env) {
  return env.DIRECTORY.get(env.DIRECTORY.idFromName("directory"));
}

/** @throws HttpFailure `run_not_found` for null, which is how a room says that no producer ever greeted it */
export function existing<T>(answer: T | null): T {
  if (answer === null) throw new HttpFailure("run_not_found");
  return answer;
}
