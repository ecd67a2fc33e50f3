import { AGENT_SILENT_MS, type AnyEvent, type Health } from "../../../protocol/index.ts";
import type { RoomCore } from "../core.ts";
import { judgeLink, type LinkView } from "./agent-link.ts";

/** How the producer's connection came to its end. `seen`: it was seen to close, and not just missed after the room was away. */
type Gone = { at: number; seen: boolean; reason: string };

/** HL2: what the room knows of the agent's link, and what viewers are told of it. Times are milliseconds since 1970. */
export class AgentWatch {
  readonly #core: RoomCore;
  readonly #listed: () => void;
  #connected = false;
  #lastHeard: number;
  #gone: Gone;
  /** What viewers were told last of the link, or will be when the room's events are no longer held back. */
  #reported: boolean;
  /** When the platform last answered a keep-alive for the producer. */
  keepaliveAt: () => number = () => 0;

  /** @param listed the list of runs is to be told */
  constructor(core: RoomCore, listed: () => void, now: number) {
    this.#core = core;
    this.#listed = listed;
    this.#lastHeard = core.log.lastChunkAt;
    this.#reported = core.own.agentStatus?.connected === true;
    this.#gone = { at: now, seen: false, reason: "the connection was lost" };
  }

  /** 0 for never. */
  get lastHeard(): number {
    return this.#connected ? Math.max(this.#lastHeard, this.keepaliveAt()) : this.#lastHeard;
  }

  link(): Health["agent"] {
    const reported = this.#core.log.state.agent_status;
    return {
      connected: this.#connected,
      since: typeof reported?.since === "string" ? reported.since : null,
      last_heard: this.lastHeard === 0 ? null : new Date(this.lastHeard).toISOString(),
    };
  }

  /** There is a producer. @param heardAt when it was last heard */
  opened(heardAt: number): void {
    this.#connected = true;
    this.#lastHeard = Math.max(this.#lastHeard, heardAt);
  }

  /** @param goodbye whether the agent said that it goes */
  closed(heardAt: number, goodbye: boolean, now: number): void {
    this.#connected = false;
    this.#lastHeard = Math.max(this.#lastHeard, heardAt);
    this.#gone = { at: now, seen: true, reason: goodbye ? "the agent has ended" : "the connection was lost" };
    this.judge(now);
    this.#listed();
  }

  /** The producer has said something: one that was reported offline is back. */
  heard(now: number): void {
    this.#lastHeard = now;
    if (!this.#reported) this.#report(true, now, null, now);
  }

  /** Decides whether the agent is offline by now, says so, or asks to be woken again. */
  judge(now: number): void {
    const view: LinkView = this.#connected
      ? { kind: "open", last_heard: this.lastHeard }
      : { kind: "gone", since: this.#gone.seen ? this.#gone.at : this.lastHeard, noticed_at: this.#gone.at, reason: this.#gone.reason };
    const verdict = judgeLink(view, this.#reported, now);
    switch (verdict.kind) {
      case "wait":
        this.#core.effects.alarm(verdict.until);
        return;
      case "nothing":
        return;
      case "offline":
        this.#report(false, verdict.since, verdict.reason, now);
        if (this.#connected) this.#core.effects.alarm(now + AGENT_SILENT_MS);
        return;
    }
  }

  #report(connected: boolean, since: number, reason: string | null, now: number): void {
    this.#reported = connected;
    const event: AnyEvent = {
      type: "agent_status",
      timestamp: new Date(now).toISOString(),
      connected,
      since: new Date(since).toISOString(),
      last_heard: new Date(this.lastHeard).toISOString(),
      reason,
    };
    this.#core.logger("info", connected ? "agent online" : "agent offline", { since: event.since });
    if (connected) this.#core.own.place(event, now);
    else this.#core.own.force(event, now);
    this.#listed();
  }
}
