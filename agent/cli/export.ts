import { setTimeout as delay } from "node:timers/promises";
import { EVENT_TYPE_MAX_LENGTH, type RunDetail, SUBSCRIPTIONS_MAX } from "../../protocol/index.ts";
import { type Access, type AccessOptions, accessOf, refusal } from "./access.ts";
import { offsetOf, type Target, toLines, toNewFile, toStdout } from "./export-file.ts";
import { type ExportFormat, formatOf } from "./export-formats.ts";
import { eventPages, type Refused } from "./export-pages.ts";
import { exportProgress } from "./export-progress.ts";
import { EXIT_FAILED, UsageError } from "./usage.ts";

export type ExportOptions = AccessOptions & { format: ExportFormat; events?: string; output?: string; resume?: boolean };

/** The most that a relay gives in one page; it ends a page of large events before. */
const PAGE_EVENTS = 5000;

/** `runcast export`: the events of a run that its relay has, into a file or a pipe. */
export async function exportCommand(run: string, options: ExportOptions): Promise<number> {
  const events = readEvents(options);
  const access = accessOf(options, "viewer");
  if (access === null) return EXIT_FAILED;
  const found = await access.api().run(run);
  if (!found.ok) return refusal(found);
  const opened = await openTarget(options);
  if (!opened.ok) return say(opened.message);
  const { target, last } = opened;
  let whole = false;
  try {
    const from = last === null ? ({ ok: true, after: 0 } as const) : await continuation(access, found.value, last);
    if (!from.ok) return say(from.message);
    const ended = await copy({ access, run: found.value, events, target, after: from.after, format: options.format });
    whole = ended === null;
    if (ended === null) return await stillTheSame(access, found.value);
    return refusal(ended, options.format === "ndjson" && options.output ? "; --resume continues the file" : "");
  } catch (error) {
    return say(`${options.output ?? "stdout"} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await target.close(whole);
  }
}

/** @returns the types that are wanted, undefined for all */
function readEvents({ format, events, resume, output }: ExportOptions): string[] | undefined {
  if (resume && (format !== "ndjson" || output === undefined)) throw new UsageError("--resume goes with --format ndjson and --output");
  if (format === "csv" && events !== undefined) throw new UsageError("a csv has the metrics: --events goes with json and ndjson");
  if (format === "csv") return ["metrics"];
  const types = events?.split(",").filter((type) => type !== "");
  if (types?.length === 0) throw new UsageError("--events: name the types, with commas between them");
  if (types && (types.length > SUBSCRIPTIONS_MAX || types.some((type) => type.length > EVENT_TYPE_MAX_LENGTH))) {
    throw new UsageError(`--events: ${SUBSCRIPTIONS_MAX} types at most, of ${EVENT_TYPE_MAX_LENGTH} characters`);
  }
  return types;
}

type Opened = { ok: true; target: Target; last: string | null } | { ok: false; message: string };

async function openTarget({ output, format, resume }: ExportOptions): Promise<Opened> {
  if (output === undefined) return { ok: true, target: toStdout, last: null };
  // It may hold what the relay has forgotten by now.
  const more = format === "ndjson" ? "--resume continues it, or " : "";
  const taken = { ok: false, message: `${output} is there already: ${more}choose another name` } as const;
  try {
    if (format === "ndjson") {
      const lines = await toLines(output, resume === true);
      return lines ? { ok: true, ...lines } : taken;
    }
    const target = await toNewFile(output);
    return target ? { ok: true, target, last: null } : taken;
  } catch (error) {
    return { ok: false, message: `${output} cannot be written: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Where to go on, if the file's last event is this log's: offsets of another run, or of one begun anew, mean nothing here. */
async function continuation(
  access: Access,
  run: RunDetail,
  last: string,
): Promise<{ ok: true; after: number } | { ok: false; message: string }> {
  const after = offsetOf(last);
  if (after === null) return { ok: false, message: "the file's last line is no event of an export: nothing was added" };
  const other = {
    ok: false,
    message: `the file's last event (offset ${after}) is not in the log of run ${run.run}: nothing was added`,
  } as const;
  if (after > run.last_offset) return other;
  if (after < run.oldest_offset) {
    if (after + 1 < run.oldest_offset)
      say(`the relay no longer has the events from ${after + 1} to ${run.oldest_offset - 1}: they are missing`);
    return { ok: true, after };
  }
  const page = await access.api().events(run.run, { after: after - 1, limit: 1 });
  if (!page.ok) return { ok: false, message: `${page.message} (${page.code})` };
  const [there] = page.value.events;
  return there !== undefined && JSON.stringify(there) === last ? { ok: true, after } : other;
}

/** A room that lost its newest events, or a run that was deleted and begun anew, numbers anew: the pages before and after do not fit together. */
async function stillTheSame(access: Access, { run, log_id }: RunDetail): Promise<number> {
  const now = await access.api().run(run);
  if (!now.ok || now.value.log_id === log_id) return 0;
  return say("the run's log was numbered anew meanwhile: events may be missing or double. Export it again");
}

type Copy = {
  access: Access;
  run: RunDetail;
  events: string[] | undefined;
  target: Target;
  after: number;
  format: ExportFormat;
};

/** @returns null where all is there, or nobody wants more of it; else why it ended */
async function copy({ access, run, events, target, after, format: name }: Copy): Promise<Refused | null> {
  const format = formatOf(name);
  const progress = exportProgress(run.last_offset);
  const wanted = events === undefined ? {} : { events };
  const pages = eventPages(
    {
      ask: (from) => access.api().events(run.run, { after: from, limit: PAGE_EVENTS, ...wanted }),
      wait: delay,
      now: () => performance.now(),
      onAway: () => void say("the relay does not answer; it is waited for"),
    },
    after,
  );
  let count = 0;
  try {
    if (!(await target.write(format.begin))) return null;
    for (;;) {
      const page = await pages.next();
      if (page.done) {
        if (page.value === null) await target.write(format.end());
        return page.value;
      }
      count += page.value.length;
      if (!(await target.write(format.page(page.value)))) return null;
      progress.show(count, page.value.at(-1)?.offset ?? run.last_offset);
    }
  } finally {
    progress.end();
  }
}

/** @returns the exit code of what did not succeed */
function say(text: string): number {
  process.stderr.write(`runcast: ${text}\n`);
  return EXIT_FAILED;
}
