/** `npm run conformance`: runs the conformance suite against a relay, and counts its cases by rule. */
import { SUITE } from "../test/conformance/suite/index.ts";
import type { Case } from "../test/conformance/support/case.ts";
import { missing, play } from "../test/conformance/support/play.ts";
import { type Target, targetByOwner, targetBySecret } from "../test/conformance/support/target.ts";
import { type Relay, startRelay } from "../test/support/relay.ts";
import { type ConformanceOptions, parseConformanceOptions, USAGE } from "./conformance/options.ts";
import { countByRule, lineOf, type Result, recordOf, tableOf } from "./conformance/report.ts";
import { say } from "./start/say.ts";
import { asked, untilAsked } from "./start/stop.ts";

const parsed = parseConformanceOptions(process.argv.slice(2), process.env);
switch (parsed.kind) {
  case "help":
    process.stdout.write(USAGE);
    break;
  case "wrong":
    process.exitCode = wrongUsage(parsed.message);
    break;
  case "run":
    process.exit(await run(parsed.options));
    break;
  default:
    parsed satisfies never;
}

/** @returns the exit code */
async function run(options: ConformanceOptions): Promise<number> {
  const cases = SUITE.filter(({ rules }) => options.rules.length === 0 || rules.some((rule) => options.rules.includes(rule)));
  const unknown = options.rules.find((rule) => !SUITE.some(({ rules }) => rules.includes(rule)));
  if (unknown !== undefined) return wrongUsage(`--rule ${unknown}: no case is of that rule`);
  if (options.list) {
    for (const { rules, title, slow } of cases) tell(options, title + (slow ? " (slow)" : ""), { rules, title, slow });
    return 0;
  }
  const stop = untilAsked();
  let own: Relay | undefined;
  if (options.url === undefined) {
    say("No --url: starting a relay of this checkout.");
    own = await startRelay();
  }
  try {
    const chosen = targetOf(options, own);
    if (!chosen.ok) return wrongUsage(chosen.message);
    const problem = own ? null : await notThere(chosen.target);
    if (problem !== null) {
      say(`runcast: ${problem}`);
      return 1;
    }
    say(`${cases.length} cases against ${chosen.target.url}`);
    const began = performance.now();
    const results = await Promise.race([playAll(cases, chosen.target, options), asked(stop).then(() => null)]);
    // Somebody wants it to end: cases that are under way end with this process.
    return results === null ? 1 : summarise(options, results, performance.now() - began);
  } finally {
    await own?.stop();
  }
}

type Chosen = { ok: true; target: Target } | { ok: false; message: string };

function targetOf({ url, credentials }: ConformanceOptions, own: Relay | undefined): Chosen {
  if (own !== undefined) return { ok: true, target: targetBySecret(own.url, own.secret) };
  const address = url ?? "";
  switch (credentials.kind) {
    case "secret":
      return { ok: true, target: targetBySecret(address, credentials.secret) };
    case "token":
      return targetByOwner(address, credentials.token);
    case "own":
      return { ok: false, message: "--token or --secret is wanted" };
  }
}

/** @returns why there is nothing to look at, before every case says the same */
async function notThere({ url, token, freshRun }: Target): Promise<string | null> {
  try {
    const answer = await fetch(new URL("/healthz", url));
    if (!answer.ok) return `${url} is no relay that works: /healthz answers ${answer.status}`;
    const owner = await token({ role: "viewer", runs: freshRun(), sub: "conformance", lifetime_s: 3600 });
    const runs = await fetch(new URL("/api/runs", url), { headers: { Authorization: `Bearer ${owner}` } });
    return runs.ok ? null : `${url} does not take our tokens: it answers ${runs.status} ${await runs.text()}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    return `${url}: ${error instanceof Error ? error.message : String(error)}${cause}`;
  }
}

/** Some at a time; what disturbs others runs by itself, after them. */
async function playAll(cases: readonly Case[], target: Target, options: ConformanceOptions): Promise<Result[]> {
  const results: Result[] = [];
  const playOne = async (one: Case) => {
    const why = missing(one, target, options);
    const result: Result = { one, outcome: why === null ? await play(one, target) : { kind: "skipped", why } };
    results.push(result);
    tell(options, lineOf(result), recordOf(result));
  };
  // The long ones first: they only wait, and the rest runs beside them.
  const together = cases.filter(({ alone }) => !alone).toSorted((a, b) => Number(b.slow) - Number(a.slow));
  const work = async () => {
    for (let one = together.shift(); one !== undefined; one = together.shift()) await playOne(one);
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  for (const one of cases.filter(({ alone }) => alone)) await playOne(one);
  return results;
}

function summarise(options: ConformanceOptions, results: readonly Result[], ms: number): number {
  const counts = countByRule(results);
  const of = (kind: Result["outcome"]["kind"]) => results.filter(({ outcome }) => outcome.kind === kind).length;
  const sum = { ok: of("ok"), failed: of("failed"), skipped: of("skipped") };
  const words = `${sum.ok} ok, ${sum.failed} failed, ${sum.skipped} skipped, in ${(ms / 1000).toFixed(1)} s`;
  tell(options, `\n${tableOf(counts)}\n${words}`, { result: "sum", ...sum, ms: Math.round(ms), rules: counts });
  return sum.failed === 0 ? 0 : 1;
}

/** Standard output is for people, or for programs. */
function tell({ json }: ConformanceOptions, text: string, record: Record<string, unknown>): void {
  process.stdout.write(`${json ? JSON.stringify(record) : text}\n`);
}

function wrongUsage(message: string): number {
  say(`runcast: ${message}\n\n${USAGE}`);
  return 2;
}
