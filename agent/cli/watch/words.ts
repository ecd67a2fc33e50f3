import type { Received } from "../../../client/index.ts";
import { type EventOf, fromWire, type WireNumber } from "../../../protocol/index.ts";
import { withoutColours } from "../../console/plain-text.ts";
import { plainCell } from "../table.ts";

type Event = Extract<Received, { kind: "event" }>["event"];

/** One line of plain text for an event: its time by its own clock, its type, and what it says. What came from the run cannot move the cursor. */
export function wordsOf(event: Event): string {
  return plainCell(`${timeOf(event.timestamp)}  ${event.type.padEnd(17)}  ${saying(event)}`);
}

function timeOf(timestamp: string): string {
  const at = new Date(timestamp);
  return Number.isNaN(at.getTime()) ? "--:--:--" : at.toTimeString().slice(0, 8);
}

function saying(event: Event): string {
  switch (event.type) {
    case "training_progress":
      return joined([
        of("step", event.global_step),
        of("epoch", event.epoch),
        of("loss", event.loss),
        of("smooth loss", event.smooth_loss),
        of("lr", event.learning_rate),
        of("steps/s", event.steps_per_second),
        of("seconds left", event.eta_seconds),
      ]);
    case "training_status":
      return joined([event.status, event.phase, event.message, event.error]);
    case "sample_generated":
      return joined([of("step", event.step), event.prompt, event.path]);
    case "sample_progress":
      return joined([of("step", event.step), of("of", event.max_step)]);
    case "log":
      return joined([event.level === "info" ? null : event.level.toUpperCase(), withoutColours(event.message)]);
    case "system_stats":
      return joined([of("cpu %", event.cpu_percent), of("ram GB", event.ram_used_gb), ...(event.gpus ?? []).map(gpuWords)]);
    case "validation_result":
      return joined([of("step", event.step), event.label, of("loss", event.validation_loss)]);
    case "metrics":
      return joined([of("steps", event.steps.length), `${Object.keys(event.series).length} series`]);
    case "run_info":
      return joined([event.name, event.trainer, event.version]);
    case "command_status":
      return joined([event.command, event.state, event.by && `by ${event.by}`, of("step", event.global_step), event.error]);
    case "agent_status":
      return joined([event.connected ? "connected" : "offline", event.reason]);
    case "training_health":
      return joined([event.process.state, event.progress.state, event.progress.reason]);
    case "alert":
      return joined([event.severity, event.rule, event.message]);
  }
}

function gpuWords(gpu: NonNullable<EventOf<"system_stats">["gpus"]>[number]): string {
  return joined([`gpu ${gpu.index ?? ""}`, of("%", gpu.utilization_percent), of("GB", gpu.memory_used_gb), of("°C", gpu.temperature_c)]);
}

function of(name: string, value: WireNumber | null | undefined): string | null {
  const number = fromWire(value);
  return number === null ? null : `${name} ${Number.isFinite(number) ? Number(number.toPrecision(5)) : number}`;
}

const joined = (parts: readonly (string | null | undefined)[]): string => parts.filter((part) => part).join(", ");
