import { readFileSync } from "node:fs";
import { type HookMessage, hookMessage } from "../../../protocol/hook-messages.ts";
import { toWire } from "../../../protocol/numbers.ts";

export type RecordingName = "full" | "stopped" | "resumed" | "nan";

/** A recorded run starts at this second, so that times look like times. */
export const STARTED = 1_790_000_000;

type Call = {
  t: number;
  call: string;
  status?: string;
  tag?: string;
  value?: number;
  global_step?: number;
  train_progress?: { epoch: number; epoch_step: number; global_step: number };
  step?: number;
  max_step?: number;
  max_epoch?: number;
};

/** The recording's calls; Python writes NaN, which JSON does not know. */
export function readCalls(name: RecordingName): Call[] {
  const text = readFileSync(new URL(`../../recordings/${name}.calls.ndjson`, import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line.replace(/: NaN\b/g, ': "NaN"')));
}

/** What the hook would send for a recording, one message a call, and `end` or `error` as the run ended. */
export function hookMessages(name: RecordingName): HookMessage[] {
  const messages: Record<string, unknown>[] = [{ type: "run_info", t: 0, trainer: "onetrainer", config: { epochs: 3 } }];
  for (const call of readCalls(name)) {
    const message = translateCall(call, name);
    if (message) messages.push({ ...message, t: call.t });
  }
  return messages.map((message, index) => hookMessage.parse({ ...message, n: index + 1, t: STARTED + (message.t as number) }));
}

function translateCall(call: Call, name: RecordingName): Record<string, unknown> | null {
  switch (call.call) {
    case "on_update_status":
      return { type: "status_text", text: call.status };
    case "add_scalar":
      return { type: "scalars", rows: [[STARTED + call.t, call.tag, toWire(Number(call.value)), call.global_step]] };
    case "on_update_train_progress": {
      const { epoch, epoch_step, global_step } = call.train_progress ?? {};
      return { type: "progress", epoch, epoch_step, global_step, max_step: call.max_step, max_epoch: call.max_epoch };
    }
    case "on_update_sample_default_progress":
      return { type: "sample_progress", sample_type: "default", step: call.step, max_step: call.max_step };
    case "on_update_sample_custom_progress":
      return { type: "sample_progress", sample_type: "custom", step: call.step, max_step: call.max_step };
    case "TrainCommands.stop":
      return { type: "stop_requested" };
    case "exit":
      return name === "nan" ? { type: "error", message: "RuntimeError: Training loss became NaN." } : { type: "end" };
    default:
      return null;
  }
}
