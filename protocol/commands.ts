import { z } from "zod";
import { fitsBytes } from "./byte-length.ts";
import { commandName, commandState } from "./events.ts";
import { ID_PATTERN, NAME_MAX_LENGTH, PROMPT_MAX } from "./limits.ts";

/** AC6: measured as it travels: in emoji or another script that is up to four bytes a character. */
const prompt = z.string().refine((text) => fitsBytes(text, PROMPT_MAX), `has more than ${PROMPT_MAX} bytes`);

/** CM2: the fixed list of commands. Unknown fields are refused: a misspelt option must not be ignored silently. */
const options = {
  id: z.string().regex(ID_PATTERN),
  command: commandName,
  save: z.boolean().optional(),
  prompt: prompt.optional(),
  negative_prompt: prompt.optional(),
  width: z.int().min(8).max(8192).optional(),
  height: z.int().min(8).max(8192).optional(),
  seed: z.int().min(-1).max(Number.MAX_SAFE_INTEGER).optional(),
  steps: z.int().min(1).max(1000).optional(),
  cfg: z.number().min(0).max(100).optional(),
};

/** Body of `POST /api/runs/:run/commands`. */
export const commandRequest = z.strictObject(options);
export type CommandRequest = z.infer<typeof commandRequest>;

/** The same as a viewer's message. */
export const commandMessage = z.strictObject({ type: z.literal("command"), timestamp: z.unknown().optional(), ...options });

/** A command as the room keeps and shows it. */
export const commandRecord = z.object({
  id: z.string().regex(ID_PATTERN),
  command: commandName,
  state: commandState,
  by: z.string().max(NAME_MAX_LENGTH),
  requested_at: z.string(),
  global_step: z.int().nullable(),
  error: z.string().nullable(),
});
export type CommandRecord = z.infer<typeof commandRecord>;
