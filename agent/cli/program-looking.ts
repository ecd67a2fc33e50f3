import type { Command } from "commander";
import type { AccessOptions } from "./access.ts";
import { RELAY_OPTION, TOKEN_OPTION } from "./options.ts";

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
}

const RUNS_HELP = `
At a terminal it is a table, which leaves columns out where it is narrow. Into a pipe goes a line for each run, without a heading, and a
tab between its fields: id, name, status, step, steps of the whole run, percent, viewers, agent (online or offline), updated (ISO 8601;
where the agent is offline: its last word). What a trainer does not tell is empty.

Examples:
  runcast runs
  runcast runs | cut -f 1,3                                # ids and their status
  runcast runs --json | jq -r 'select(.status == "running") | .run'`;
