import { parseArgs } from "node:util";

/** `url` undefined: a relay of our own is started for the run. */
export type ConformanceOptions = {
  url: string | undefined;
  credentials: { kind: "token"; token: string } | { kind: "secret"; secret: string } | { kind: "own" };
  rules: string[];
  slow: boolean;
  jobs: number;
  json: boolean;
  list: boolean;
};
export type Parsed = { kind: "run"; options: ConformanceOptions } | { kind: "help" } | { kind: "wrong"; message: string };

export const USAGE = `npm run conformance [-- OPTIONS]

Runs the conformance suite against a relay, and counts its cases by rule.

  --url URL        the relay: http or https; without it one is started on this machine
  --token TOKEN    an owner's token, for a prefix of runs at least: the relay makes the others from it
  --secret SECRET  the relay's RUNCAST_SECRET instead: some cases of AC1 need it
  --rule ID        only the cases of this rule; may be given several times
  --slow           also the cases that take long
  --jobs N         cases at the same time (4)
  --list           print the cases, and run none
  --json           print one JSON object a line on stdout; the rest goes to stderr

RUNCAST_TOKEN and RUNCAST_SECRET in the environment stand for --token and --secret.
Every case makes a run of its own, which stays on the relay; its id begins with conf-, or with the prefix of the token.
Exit codes: 0 all is well, 1 something is not, 2 wrong usage.
`;

const JOBS_MAX = 64;

/** @param args what stands behind `npm run conformance --` */
export function parseConformanceOptions(args: string[], environment: NodeJS.ProcessEnv): Parsed {
  let values: ReturnType<typeof read>;
  try {
    values = read(args);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return { kind: "help" };
  const { url, list, slow, json } = values;
  if (url !== undefined && !isHttp(url)) return wrong(`--url ${url}: an http or https address is wanted`);
  if (!/^[1-9]\d?$/.test(values.jobs) || Number(values.jobs) > JOBS_MAX) return wrong(`--jobs ${values.jobs}: 1 to ${JOBS_MAX}`);
  if (values.token !== undefined && values.secret !== undefined) return wrong("--token or --secret, not both");
  const rules = values.rule.flatMap((rule) => rule.split(",")).map((rule) => rule.trim().toUpperCase());
  const options = { url, rules, slow, json, list, jobs: Number(values.jobs) };
  if (url === undefined && (values.token ?? values.secret) !== undefined)
    return wrong("--token and --secret are for a relay that --url names");
  if (url === undefined) return { kind: "run", options: { ...options, credentials: { kind: "own" } } };
  const secret = values.secret ?? (values.token === undefined ? environment.RUNCAST_SECRET : undefined);
  if (secret) return { kind: "run", options: { ...options, credentials: { kind: "secret", secret } } };
  const token = values.token ?? environment.RUNCAST_TOKEN;
  if (token) return { kind: "run", options: { ...options, credentials: { kind: "token", token } } };
  return list
    ? { kind: "run", options: { ...options, credentials: { kind: "own" } } }
    : wrong("--token, an owner's, or --secret is wanted (or RUNCAST_TOKEN, RUNCAST_SECRET)");
}

function read(args: string[]) {
  return parseArgs({
    args,
    options: {
      url: { type: "string" },
      token: { type: "string" },
      secret: { type: "string" },
      rule: { type: "string", multiple: true, default: [] },
      slow: { type: "boolean", default: false },
      jobs: { type: "string", default: "4" },
      list: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  }).values;
}

function wrong(message: string): Parsed {
  return { kind: "wrong", message };
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
