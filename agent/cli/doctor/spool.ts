import { statfsSync } from "node:fs";
import { SPOOL_BYTES_MAX, SPOOL_BYTES_MIN } from "../../../protocol/index.ts";
import { parseBytes } from "../../config/bytes.ts";
import { type Env, hookFileFolder, spoolFolders, spoolPath } from "../../config/paths.ts";
import { privateFolder } from "../../session/private-folder.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

const ANOTHER = "make room, or choose another folder with RUNCAST_SPOOL";

/**
 * The folders for events that wait and for hooks, as an agent makes and looks at them.
 * @param relay its address, as `parseRelay` gives it
 */
export function checkFolders(env: Env, relay: string): Finding[] {
  const folders = spoolFolders(spoolPath(env, relay, "run"));
  const forEvents = { holds: "events that wait", variable: "RUNCAST_SPOOL" };
  const wishes = [
    { path: folders.named, wish: { ...forEvents, onlyFolders: true } },
    { path: folders.relay, wish: { ...forEvents, onlyFolders: false } },
    { path: hookFileFolder(env), wish: { holds: "hook files", variable: "XDG_RUNTIME_DIR", onlyFolders: false } },
  ];
  for (const { path, wish } of wishes) {
    const folder = privateFolder(path, wish);
    // Its message says what to do as well.
    if (!folder.ok) return [failed("folders", folder.message, `a training runs unwatched until then; look at it with \`ls -ld ${path}\``)];
  }
  const { bavail, bsize } = statfsSync(folders.relay);
  const wanted = parseBytes(env.RUNCAST_SPOOL_BYTES ?? "") ?? SPOOL_BYTES_MAX;
  return [ok("folders", `only this user may write in ${folders.relay}`), spaceFinding(bavail * bsize, wanted, folders.relay)];
}

/** @param wanted how much may wait there; both in bytes */
export function spaceFinding(free: number, wanted: number, folder: string): Finding {
  const message = `${mib(free)} are free for events in ${folder}`;
  if (free < SPOOL_BYTES_MIN) return failed("disk", message, ANOTHER);
  if (free < wanted)
    return warning(
      "disk",
      `${message}, and ${mib(wanted)} may have to wait there`,
      `${ANOTHER}, or fewer of them with RUNCAST_SPOOL_BYTES`,
    );
  return ok("disk", message);
}

const mib = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)} MiB`;
