import type { AnyEvent } from "../../protocol/index.ts";

/** What the user wants to stay on this machine, beside the secrets that never leave it. Travels to the agent's process as it is. */
export type PrivacyWish = {
  /** Console lines become `log` events. */
  console: boolean;
  /** Samples are announced and uploaded. */
  samples: boolean;
  /** Sources of regular expressions: what matches is replaced in every text of an event. */
  redact: readonly string[];
};

export const EVERYTHING: PrivacyWish = { console: true, samples: true, redact: [] };

export type Privacy = {
  /** @returns what of the events may leave, each without what is to be redacted */
  events(events: readonly AnyEvent[]): AnyEvent[];
  /** @returns what of the samples may leave */
  samples<T extends { prompt: string | null }>(samples: readonly T[]): T[];
  /** @returns a copy without what is to be redacted, in its names too */
  texts<T>(value: T): T;
};

export const REDACTED = "[redacted]";

/** The console's own lines; what the agent itself has to say stays. */
const CONSOLE_SOURCES: ReadonlySet<unknown> = new Set(["stdout", "stderr"]);
/** By these others find their way: they are made by us and say nothing of the user. */
const NEVER_REDACTED: ReadonlySet<string> = new Set(["type", "timestamp", "status", "phase", "level", "source", "bar"]);

/** Applied before an event is numbered or written to the spool, so that what is withheld is nowhere but here. */
export function createPrivacy(wish: PrivacyWish): Privacy {
  const patterns = wish.redact.map((source) => new RegExp(source, "gu"));
  const redacted = (text: string): string => patterns.reduce((rest, pattern) => rest.replace(pattern, REDACTED), text);
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return redacted(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(clean);
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [redacted(name), clean(inner)]));
  };
  const cleanEvent = (event: AnyEvent): AnyEvent => {
    const entries = Object.entries(event).map(([name, value]) => [name, NEVER_REDACTED.has(name) ? value : clean(value)]);
    return Object.fromEntries(entries) as AnyEvent;
  };
  const shown = (event: AnyEvent): boolean => wish.console || event.type !== "log" || !CONSOLE_SOURCES.has(event.source);
  return {
    events: (events) => {
      const left = wish.console ? [...events] : events.filter(shown);
      return patterns.length === 0 ? left : left.map(cleanEvent);
    },
    samples: (samples) => {
      if (!wish.samples) return [];
      return samples.map((sample) => ({ ...sample, prompt: sample.prompt === null ? null : redacted(sample.prompt) }));
    },
    texts: (value) => (patterns.length === 0 ? value : (clean(value) as typeof value)),
  };
}

/** @returns why a text is no pattern, or null where it is one */
export function patternProblem(source: string): string | null {
  try {
    return new RegExp(source, "u").test("") ? "it matches the empty text, so it would be everywhere" : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
