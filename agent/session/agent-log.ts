import { type AnyEvent, type LogLevel, withoutTokens } from "../../protocol/index.ts";

/** @returns a `log` event in the agent's own name; `now` is milliseconds since 1970 */
export function agentLog(level: LogLevel, message: string, now: number): AnyEvent {
  return { type: "log", timestamp: new Date(now).toISOString(), level, message: withoutTokens(message), source: "agent" };
}
