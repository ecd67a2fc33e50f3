import { type CommandRequest, commandName, commandRequest, isRunId } from "../../protocol/index.ts";
import { UsageError } from "./usage.ts";

/** Options that belong to a command, as they were typed. */
export type CommandOptions = {
  run?: string;
  id?: string;
  save?: boolean;
  prompt?: string;
  negativePrompt?: string;
  width?: string;
  height?: string;
  seed?: string;
  steps?: string;
  cfg?: string;
};

/** What is asked, of which run: null for the newest one. */
export type Wish = { run: string | null; request: CommandRequest };

const NUMBERS = ["width", "height", "seed", "steps", "cfg"] as const;

/**
 * Reads `[RUN] COMMAND`; the other order counts too, where that is no question.
 * @param newId makes the command's id where none is given
 */
export function readCommand(words: readonly string[], options: CommandOptions, newId: () => string): Wish {
  const { command, run } = placed(words);
  if (run !== null && options.run !== undefined && run !== options.run)
    throw new UsageError(`which run is meant: ${run} or ${options.run}?`);
  const named = run ?? options.run ?? null;
  if (named !== null && !isRunId(named)) {
    throw new UsageError(`${named} is no run id; it has letters, digits, dots, dashes and underscores, at most 64`);
  }
  return { run: named, request: checked({ id: options.id ?? newId(), command, ...fields(command, options) }) };
}

function placed(words: readonly string[]): { command: string; run: string | null } {
  const [first, second, ...more] = words;
  if (first === undefined) throw new UsageError(`say what to do: ${commandName.options.join(", ")}`);
  if (more.length > 0)
    throw new UsageError(`one command and one run at most: what is ${more.join(" ")}? A prompt of several words stands in quotes`);
  if (second === undefined) return { command: first, run: null };
  return isCommand(second) || !isCommand(first) ? { command: second, run: first } : { command: first, run: second };
}

const isCommand = (word: string): boolean => commandName.safeParse(word).success;

/** @returns what goes with the command; an option of another command is a mistake that must not be ignored silently (CM2) */
function fields(command: string, options: CommandOptions): Record<string, unknown> {
  if (options.save && command !== "stop") throw new UsageError(`--save goes with stop; ${command} knows no such option`);
  const sample: Record<string, unknown> = {};
  if (options.prompt !== undefined) sample.prompt = options.prompt;
  if (options.negativePrompt !== undefined) sample.negative_prompt = options.negativePrompt;
  for (const name of NUMBERS) {
    const text = options[name];
    if (text !== undefined) sample[name] = numberIn(name, text);
  }
  const [stray] = Object.keys(sample);
  if (stray !== undefined && command !== "sample") throw new UsageError(`${optionOf(stray)} goes with sample`);
  return options.save ? { save: true } : sample;
}

function numberIn(name: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new UsageError(`${optionOf(name)}: ${text} is no number`);
  return value;
}

function checked(wish: Record<string, unknown>): CommandRequest {
  const parsed = commandRequest.safeParse(wish);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = String(issue?.path[0] ?? "");
  if (field === "command") throw new UsageError(`${String(wish.command)} is no command; there are ${commandName.options.join(", ")}`);
  throw new UsageError(`${optionOf(field)}: ${issue?.message ?? "not valid"}`);
}

const optionOf = (field: string): string => `--${field.replace("_", "-")}`;
