import { type Command, Option } from "commander";
import type { AccessOptions } from "./access.ts";
import type { DoctorOptions } from "./doctor/doctor.ts";
import type { ExportOptions } from "./export.ts";
import { EXPORT_FORMATS } from "./export-formats.ts";
import { RELAY_OPTION, TOKEN_OPTION } from "./options.ts";
import type { WatchOptions } from "./watch/watch.ts";

/**
 * The commands that look and change nothing.
 * @param done takes the exit code
 */
export function addLookingCommands(program: Command, done: (code: number) => void): void {
  program
    .command("runs")
    .summary("list the runs that there are")
    .description("Lists the runs that the token may see, newest first: how far each is, who watches, and whether its agent is there.")
    .option(...RELAY_OPTION)
    .option(...TOKEN_OPTION)
    .option("--json", "print one JSON object a line")
    .addHelpText("after", RUNS_HELP)
    .action(async (options: AccessOptions) => {
      const { runsCommand } = await import("./runs.ts");
      done(await runsCommand(options));
    });
  program
    .command("watch")
    .summary("watch a run live, in this terminal")
    .description("Shows a run live: progress, loss, health, hardware and log, with keys for commands. Into a pipe: a line for each event.")
    .argument("[run]", "the run's id (default: the newest run)")
    .option("--events <types>", "these types of events only, with commas between them, as lines")
    .option("--since <position>", "go on after this position, LOG_ID:OFFSET")
    .option("--plain", "lines, also at a terminal")
    .option("--exit", "end with the run: 0 when it completed or was stopped, 1 when it failed")
    .option(...RELAY_OPTION)
    .option(...TOKEN_OPTION)
    .option("--json", "print each event as a JSON object on a line")
    .addHelpText("after", WATCH_HELP)
    .action(async (run: string | undefined, options: WatchOptions) => {
      const { watchCommand } = await import("./watch/watch.ts");
      done(await watchCommand(run, options));
    });
  program
    .command("export")
    .summary("write a run's events or metrics to a file")
    .description("Writes what the relay has of a run: its events as JSON, or its metrics as a table.")
    .argument("<run>", "the run's id")
    .addOption(new Option("--format <format>", "what is written").choices(EXPORT_FORMATS).makeOptionMandatory())
    .option("--events <types>", "these types of events only, with commas between them")
    .option("--output <file>", "the file to write (default: stdout)")
    .option("--resume", "with ndjson: continue the file after its last event")
    .option(...RELAY_OPTION)
    .option(...TOKEN_OPTION)
    .addHelpText("after", EXPORT_HELP)
    .action(async (run: string, options: ExportOptions) => {
      const { exportCommand } = await import("./export.ts");
      done(await exportCommand(run, options));
    });
  program
    .command("doctor")
    .summary("look for what keeps a training from being watched")
    .description("Checks relay, token, clock, Node, Python and the hook in it, GPU tools, folders and disk, and says what to do.")
    .option("--python <program>", "the Python that trains (default: python, else python3, on PATH)")
    .option(...RELAY_OPTION)
    .option(...TOKEN_OPTION)
    .option("--json", "print one JSON object a line: check, result (ok, warning, failed), message, advice")
    .addHelpText("after", DOCTOR_HELP)
    .action(async (options: DoctorOptions) => {
      const { doctorCommand } = await import("./doctor/doctor.ts");
      done(await doctorCommand(options));
    });
}

const RUNS_HELP = `
At a terminal it is a table, which leaves columns out where it is narrow. Into a pipe goes a line for each run, without a heading, and a
tab between its fields: id, name, status, step, steps of the whole run, percent, viewers, agent (online or offline), updated (ISO 8601;
where the agent is offline: its last word). What a trainer does not tell is empty.

Examples:
  runcast runs
  runcast runs | cut -f 1,3                                # ids and their status
  runcast runs --json | jq -r 'select(.status == "running") | .run'`;

const WATCH_HELP = `
Keys, for operators and owners: p pause and resume, s sample, b backup, v save, x stop (asks first); q ends the watching, not the run.
Lost links come back by themselves, and nothing is missed. In lines progress is told every ten seconds, everything else as it comes.

Examples:
  runcast watch                                            # the newest run
  runcast watch RUN --events log,training_status
  runcast watch RUN --json | jq -r 'select(.type == "sample_generated") | .path'
  runcast watch RUN --exit && echo "it is done"`;

const EXPORT_HELP = `
Formats: ndjson, one event a line; json, one array of them; csv, the metrics, a line for each step and a column for each series, in which
NaN, Infinity and -Infinity stand as these words and what was not told is empty.
A relay keeps the newest 64 MiB of a run's events, for a week: what is older is not there to be exported. One that goes away meanwhile is
waited for, ten minutes at most. A file that is there already is never written over.

Examples:
  runcast export 2026-11-23-train-k3v9x --format csv --output losses.csv
  runcast export 2026-11-23-train-k3v9x --format ndjson --events log | jq -r .message
  runcast export 2026-11-23-train-k3v9x --format ndjson --output run.ndjson --resume   # again and again: what is new`;

const DOCTOR_HELP = `
Exit codes: 0 all is well, or there are warnings alone; 1 something fails; 2 wrong usage.

Examples:
  runcast doctor
  runcast doctor --relay https://runcast.example.workers.dev --python ./venv/bin/python
  runcast doctor --json | jq -r 'select(.result == "failed") | .advice'`;
