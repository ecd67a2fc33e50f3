import { Command, CommanderError, Option } from "commander";
import { role } from "../../protocol/index.ts";
import { packageRoot } from "../config/paths.ts";
import type { AccessOptions } from "./access.ts";
import type { LoginOptions } from "./login.ts";
import { RELAY_OPTION, TOKEN_OPTION } from "./options.ts";
import { addLookingCommands } from "./program-looking.ts";
import type { RunOptions } from "./run.ts";
import type { SendOptions } from "./send.ts";
import type { ShareOptions } from "./share.ts";
import { EXIT_USAGE, UsageError } from "./usage.ts";

/**
 * Reads the command line and does what it says.
 * @param words without the interpreter and the program
 * @returns the exit code
 */
export async function runProgram(words: readonly string[]): Promise<number> {
  let code = 0;
  const program = new Command("runcast")
    .description("Watch and steer a training run from anywhere.")
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", GENERAL_HELP);
  program
    .command("run")
    .summary("run a command and watch it")
    .description("Runs a command unchanged, and shows it live: its steps, losses, samples, console and hardware.")
    .argument("<command...>", "the command and its arguments, after --")
    .option("--name <name>", "the run's name, as viewers see it (default: the script's)")
    .option("--run <id>", "the run's id; the same id continues a run (default: a new one)")
    .option(...RELAY_OPTION)
    .option("--token <token>", "a token of role agent (default: $RUNCAST_TOKEN, else made from the local relay's secret)")
    .option("--spool-bytes <size>", "what is kept of events while the relay cannot be reached (default: $RUNCAST_SPOOL_BYTES, else 256M)")
    .option("--pause-limit <duration>", "an operator's pause ends by itself after this: 30m, 12h, 7d (default: never)")
    .option("--allow-interrupt", "a stop interrupts the command once, as Ctrl-C does, where its trainer takes no commands")
    .option("--no-console", "what the command writes stays on this machine")
    .option("--no-samples", "samples stay on this machine")
    .option("--redact <pattern>", "what matches this regular expression is replaced in all that leaves (again and again)", collected)
    .passThroughOptions()
    .addHelpText("after", RUN_HELP)
    .action(async (command: string[], options: RunOptions) => {
      const { runCommand } = await import("./run.ts");
      code = await runCommand(command, options);
    });
  program
    .command("send")
    .summary("stop, pause, resume or sample a run")
    .description(
      "Asks a run's trainer to do something, and says what becomes of it until it is applied, or is not: " +
        "stop, pause, resume, sample, backup, save.",
    )
    .usage("[options] [run] <command>")
    .argument("[words...]", "the run's id (default: the newest run), and stop, pause, resume, sample, backup or save")
    .option("--run <id>", "the run's id, in place of the first word")
    .option("--save", "with stop: save the model before the end")
    .option("--prompt <text>", "with sample: this prompt in place of the run's own")
    .option("--negative-prompt <text>", "with sample: what the picture is to be without")
    .option("--width <pixels>", "with sample")
    .option("--height <pixels>", "with sample")
    .option("--seed <number>", "with sample; -1 for any")
    .option("--steps <number>", "with sample: steps of the sampler")
    .option("--cfg <number>", "with sample: how closely the prompt is followed")
    .option("--id <id>", "the command's id; the same id again runs nothing twice, and tells what became of it (default: a new one)")
    .option("--yes", "with stop: do not ask")
    .option("--no-wait", "do not follow the command to its end")
    .option(...RELAY_OPTION)
    .option(...TOKEN_OPTION)
    .option("--json", "print one JSON object, the command's last state, and nothing else")
    .addHelpText("after", SEND_HELP)
    .action(async (words: string[], options: SendOptions) => {
      const { sendCommand } = await import("./send.ts");
      code = await sendCommand(words, options);
    });
  addLookingCommands(program, (given) => {
    code = given;
  });
  program
    .command("login")
    .summary("sign in to a relay, and make it the one that is meant")
    .description("Keeps a token for a relay in your settings. An owner's also gets an agent's token made, for `runcast run`.")
    .argument("<url>", "the relay's address, or a link that has a token")
    .option("--token <token>", "the token (default: the link's, else it is asked for, or read from stdin)")
    .option("--json", "print one JSON object")
    .addHelpText("after", LOGIN_HELP)
    .action(async (url: string, options: LoginOptions) => {
      const { loginCommand } = await import("./login.ts");
      code = await loginCommand(url, options);
    });
  program
    .command("logout")
    .summary("forget a relay's tokens")
    .argument("[url]", "the relay's address (default: the one that is meant)")
    .option("--all", "every relay, and all other settings")
    .action(async (url: string | undefined, options: { all?: boolean }) => {
      const { logoutCommand } = await import("./login.ts");
      code = logoutCommand(url, options);
    });
  program
    .command("token")
    .summary("make a token for the local relay")
    .description("Makes a token from the secret of the relay on this machine ($RUNCAST_SECRET, else .runcast/secret).")
    .addOption(new Option("--role <role>", "what its holder may do").choices(role.options).makeOptionMandatory())
    .option("--run <id>", "the run it is for; a prefix ending in * covers several", "*")
    .option("--sub <name>", "the name that others see (default: the account's)")
    .option("--expires <duration>", "how long it is good for: 30m, 12h, 7d", "7d")
    .option(...RELAY_OPTION)
    .option("--json", "print one JSON object")
    .addHelpText("after", TOKEN_HELP)
    .action(async (options: Record<string, string> & { json?: boolean }) => {
      const { tokenCommand } = await import("./token.ts");
      code = tokenCommand(options);
    });
  program
    .command("share")
    .summary("make a link to a run for somebody else")
    .description("Prints a link that signs in whoever opens it, to one run alone. With --list: the links that there are.")
    .argument("<run>", "the run's id")
    .addOption(
      new Option("--role <role>", "viewer (look) or operator (stop, pause, take samples)")
        .choices(["viewer", "operator"])
        .default("viewer"),
    )
    .option("--expires <duration>", "how long it is good for: 30m, 12h, 7d", "7d")
    .option("--sub <name>", "the name that others see (default: whose guest it is)")
    .option("--list", "list the links to the run instead")
    .option(...RELAY_OPTION)
    .option(...TOKEN_OPTION)
    .option("--json", "print one JSON object a line")
    .addHelpText("after", SHARE_HELP)
    .action(async (run: string, options: ShareOptions) => {
      const { shareCommand } = await import("./share.ts");
      code = await shareCommand(run, options);
    });
  program
    .command("tokens")
    .summary("list the tokens and links that the relay made")
    .description(
      "Lists what was made by the relay and is still good, newest first. Tokens that `runcast token` made here are not known to it.",
    )
    .option(...RELAY_OPTION)
    .option(...TOKEN_OPTION)
    .option("--json", "print one JSON object a line")
    .action(async (options: AccessOptions) => {
      const { tokensCommand } = await import("./share.ts");
      code = await tokensCommand(options);
    });
  program
    .command("revoke")
    .summary("end a token or a link")
    .description("Ends a token, whoever made it: it is refused from now on, and what is open with it is closed.")
    .argument("<token>", "its id (jti), the token itself, or a link that has it")
    .option(...RELAY_OPTION)
    .option(...TOKEN_OPTION)
    .option("--json", "print one JSON object")
    .action(async (what: string, options: AccessOptions) => {
      const { revokeCommand } = await import("./share.ts");
      code = await revokeCommand(what, options);
    });
  try {
    await program.parseAsync(words, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 || error.code === "commander.help" ? error.exitCode : EXIT_USAGE;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`runcast: ${error.message}\n`);
    return EXIT_USAGE;
  }
}

function collected(pattern: string, before: string[] = []): string[] {
  return [...before, pattern];
}

const GENERAL_HELP = `
Examples:
  runcast run -- python scripts/train.py --config-path config.json
  runcast runs
  runcast send 2026-11-23-train-k3v9x sample
  runcast share 2026-11-23-train-k3v9x --expires 7d

A relay on this machine is started by \`npm start\` in ${packageRoot()}.`;

const RUN_HELP = `
The command runs as it would without runcast: same input, output, signals and exit code (127: not found, 126: not executable,
128+n: killed by signal n). OneTrainer, and anything in Python that logs to TensorBoard, is understood without a change to it.
A relay that cannot be reached, now or later, does not hold it up; events are kept and sent when the relay is back. Past --spool-bytes
older progress and measurements are left out first, then log lines, nothing else; the run's log says what.
A training that an operator paused goes on when it is resumed or stopped, after --pause-limit, or after ten minutes without the program
that brings its operator's words.
Operators' commands go to OneTrainer, and to what \`runcast.on_command\` names in Python. Any other trainer can do nothing but end: with
--allow-interrupt a stop sends it SIGINT, once, and is applied when it has ended.

Examples:
  runcast run -- python scripts/train.py --config-path config.json
  runcast run --name "flux, rank 32" --relay https://runcast.example.workers.dev -- ./train.sh
  runcast run --run 2026-11-23-train-k3v9x -- python scripts/train.py --continue   # the same run, continued
  runcast run --allow-interrupt -- accelerate launch train_network.py

What leaves this machine: secrets in a configuration never do. --no-console and --no-samples keep more, and --redact replaces what matches, line
by line, in logs, prompts, configuration and names. It is done before anything is stored or sent.

Environment: RUNCAST_RELAY, RUNCAST_TOKEN, RUNCAST_SECRET, RUNCAST_STATE (folder of the local relay), RUNCAST_SPOOL (folder for
events that wait), RUNCAST_SPOOL_BYTES, RUNCAST_LOG_LEVEL (debug, info, warning, error).`;

const SEND_HELP = `
A command goes from queued (the agent is not connected) through delivered to one last state: applied at a step, or rejected, expired or
failed with the reason. Each is printed as it comes. It has a minute for that; Ctrl-C ends the following, not the command.
The token is an operator's, such as a link of \`runcast share RUN --role operator\` has.

Exit codes: 0 applied (with --no-wait: sent), 1 not applied, or refused by the relay, 2 wrong usage.

Examples:
  runcast send sample                                      # of the newest run, with its own prompts
  runcast send 2026-11-23-train-k3v9x sample --prompt "a red circle" --seed 42 --steps 20
  runcast send 2026-11-23-train-k3v9x stop --save          # asks first
  runcast send 2026-11-23-train-k3v9x stop --yes --json    # in a script`;

const LOGIN_HELP = `
Settings are in $XDG_CONFIG_HOME/runcast/config.json (~/.config/runcast/config.json), readable by you alone: "relay", "logins", and for every
run "console": false, "samples": false, "redact": ["PATTERN"]. RUNCAST_* in the environment beats them, and options beat both.

Examples:
  runcast login 'https://runcast.example.workers.dev/#token=…'
  runcast login https://runcast.example.workers.dev < token.txt
  runcast logout`;

const SHARE_HELP = `
Examples:
  runcast share 2026-11-23-train-k3v9x                     # for looking, a week
  runcast share 2026-11-23-train-k3v9x --role operator --expires 12h
  runcast share 2026-11-23-train-k3v9x --list
  runcast revoke LINK`;

const TOKEN_HELP = `
Roles: viewer (look), operator (look, stop, pause, take samples), agent (send a run), owner (all, and make tokens).

Examples:
  runcast token --role operator --run 2026-11-23-train-k3v9x --sub alice --expires 12h
  runcast token --role agent --expires 30d --json`;
