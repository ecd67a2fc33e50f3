import { delimiter } from "node:path";
import { z } from "zod";
import { hookSiteFolder } from "../../config/paths.ts";
import { askProgram, type Told } from "./ask-program.ts";
import { type Finding, failed, ok } from "./finding.ts";

/** The trainers' own names for it, in the order in which `runcast run -- python …` would find one. */
const NAMES = ["python", "python3"] as const;
/** What the hook needs; a Python that is older comes through untouched. */
const LEAST = { major: 3, minor: 10 };

/** Says where it is and whether the hook watches imports in it; in words that any Python 3 understands. */
const QUESTION = `
import json, sys
told = {"version": "%d.%d.%d" % sys.version_info[:3], "program": sys.executable}
told["deaf"] = bool(sys.flags.ignore_environment or sys.flags.no_site)
told["site"] = getattr(sys.modules.get("sitecustomize"), "__file__", None)
told["hook"] = any(type(finder).__module__ == "runcast.hook.imports" for finder in sys.meta_path)
if not told["hook"] and sys.argv[1:]:
    sys.path.insert(0, sys.argv[1])
    try:
        import runcast.hook.imports
    except BaseException as error:
        told["error"] = "%s: %s" % (type(error).__name__, error)
print(json.dumps(told))
`;

const answer = z.object({
  version: z.string(),
  program: z.string(),
  /** It ignores PYTHONPATH, or starts without site. */
  deaf: z.boolean().default(false),
  site: z.string().nullish(),
  hook: z.boolean(),
  error: z.string().optional(),
});
type Answer = z.infer<typeof answer>;

/**
 * The Python that trains, and the hook in it, as `runcast run` puts it there.
 * @param named null for the one on PATH
 * @param site the folder that goes first on PYTHONPATH
 */
export async function checkPython(env: NodeJS.ProcessEnv, named: string | null, site: string = hookSiteFolder()): Promise<Finding[]> {
  const names = named === null ? NAMES : [named];
  const pythonPath = [site, env.PYTHONPATH].filter(Boolean).join(delimiter);
  // A hook file that is not there: it is looked at when a training begins.
  const given = { ...env, PYTHONPATH: pythonPath, RUNCAST_HOOK_FILE: `${site}/no-hook-file` };
  let told: Told = { kind: "absent" };
  for (const name of names) {
    told = await askProgram(name, ["-c", QUESTION, `${site}/../..`], given);
    if (told.kind === "told") break;
  }
  if (told.kind === "absent") {
    return [failed("python", `there is no ${names.join(" or ")}`, "activate the trainer's environment, or name its Python with --python")];
  }
  if (told.kind === "failed") return [failed("python", `it does not work: ${told.message}`, `mend it, or name another with --python`)];
  const read = answer.safeParse(jsonOf(told.stdout));
  if (!read.success) return [failed("python", `${names.join(" or ")} is no Python 3`, "name the trainer's Python with --python")];
  return findings(read.data, site);
}

function findings(told: Answer, site: string): Finding[] {
  const [major = 0, minor = 0] = told.version.split(".").map(Number);
  const where = `Python ${told.version} (${told.program})`;
  if (major < LEAST.major || (major === LEAST.major && minor < LEAST.minor)) {
    const advice = `train with Python ${LEAST.major}.${LEAST.minor} or a newer one; of an older one the console and the hardware are shown`;
    return [failed("python", `${where} is too old for the hook`, advice)];
  }
  return [ok("python", where), hookFinding(told, site)];
}

function hookFinding({ hook, deaf, site: found, error }: Answer, site: string): Finding {
  if (hook) return ok("hook", "it is loaded at the start, and waits for the trainer's modules");
  if (error !== undefined) return failed("hook", `it cannot be imported: ${error}`, `install runcast anew; its files lie in ${site}`);
  if (!deaf && found && !found.startsWith(site)) {
    return failed("hook", `another sitecustomize comes before it: ${found}`, "take that file's folder off the front of sys.path");
  }
  return failed("hook", "this Python does not load it", "it must not be told to ignore PYTHONPATH (-E, -I) or to start without site (-S)");
}

function jsonOf(text: string): unknown {
  try {
    // A sitecustomize of the user's own may have printed before.
    return JSON.parse(text.trim().split("\n").at(-1) ?? "");
  } catch {
    return null;
  }
}
