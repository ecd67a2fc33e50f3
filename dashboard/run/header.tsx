import { useState } from "preact/hooks";
import type { LinkState } from "../../client/index.ts";
import type { Freshness } from "../model/freshness.ts";
import type { AgentLink, RunView } from "../model/run-view.ts";
import { follow } from "../router.ts";
import { Bell } from "../shell/bell.tsx";
import { StatusPill } from "../status-pill.tsx";
import { now } from "../time/clock.ts";
import { ago, count, duration } from "../time/format.ts";
import { Commands } from "./commands.tsx";
import { ConnectionDialog } from "./connection.tsx";
import { Presence } from "./presence.tsx";
import { SessionEnd } from "./session-end.tsx";
import { Share } from "./share-dialog.tsx";
import type { RunStore } from "./store.ts";

export function RunHeader({ run, store, freshness }: { run: string; store: RunStore; freshness: Freshness }) {
  const view = store.view.value;
  const link = store.link.value;
  const status = view.status?.event ?? null;
  const [asking, setAsking] = useState(false);
  return (
    <header class="run-header">
      <div class="bar">
        <a href="/" onClick={follow} class="back" aria-label="All runs">
          ‹ Runs
        </a>
        <h1 title={view.info?.name ?? run}>{view.info?.name ?? run}</h1>
        <StatusPill status={status?.status ?? null} phase={phaseOf(view)} />
        <span class="spacer" />
        <ul class="links">
          <ViewerLink link={link} onOpen={() => setAsking(true)} />
          {/* Without a link of one's own nothing is known of the agent's. */}
          <AgentLinkItem agent={link.kind === "live" ? view.agent : null} over={freshness.kind === "final"} localTime={store.localTime} />
          <ProcessItem view={view} known={freshness.kind !== "stale"} />
          <ProgressItem view={view} known={freshness.kind !== "stale"} localTime={store.localTime} />
        </ul>
        <div class="people">
          <Presence run={run} store={store} />
          <Bell run={run} />
          <Share run={run} store={store} />
        </div>
        <Commands store={store} />
      </div>
      {status?.error && (
        <p class="run-error" role="alert">
          <strong>Error</strong> {status.error}
        </p>
      )}
      {asking && <ConnectionDialog run={run} store={store} onClose={() => setAsking(false)} />}
      <SessionEnd expiresAt={store.told.value.expiresAt} />
      <StaleNotice freshness={freshness} link={link} />
      <StallNotice view={view} freshness={freshness} />
    </header>
  );
}

/** While it samples, how far. */
function phaseOf({ status, sampling }: RunView): string | null {
  const phase = status?.event.phase ?? null;
  if (phase !== "sampling" || sampling === null) return phase;
  return `sampling ${count(sampling.event.step ?? null)} of ${count(sampling.event.max_step ?? null)}`;
}

const LINK_WORDS: Record<LinkState["kind"], { word: string; tone: string }> = {
  connecting: { word: "connecting", tone: "wait" },
  live: { word: "live", tone: "on" },
  recovering: { word: "recovering", tone: "wait" },
  offline: { word: "offline", tone: "off" },
  closed: { word: "closed", tone: "off" },
};

function ViewerLink({ link, onOpen }: { link: LinkState; onOpen: () => void }) {
  const { word, tone } = LINK_WORDS[link.kind];
  const away = link.kind === "offline" ? ` for ${duration((now.value - link.since) / 1000)}` : "";
  return (
    <li title={link.kind === "offline" || link.kind === "recovering" || link.kind === "closed" ? link.reason.message : undefined}>
      <span class={`link-dot ${tone}`} aria-hidden="true" />
      <button type="button" class="link-item" aria-label={`You ${word}${away}: connection`} onClick={onOpen}>
        <span class="muted">You</span> <span role="status">{`${word}${away}`}</span>
      </button>
    </li>
  );
}

function AgentLinkItem({ agent, over, localTime }: { agent: AgentLink | null; over: boolean; localTime: (timestamp: string) => number }) {
  const connected = agent?.connected ?? null;
  const tone = connected === null ? "wait" : connected ? "on" : over ? "idle" : "off";
  const word = connected === null ? "unknown" : connected ? "live" : over ? "gone" : "offline";
  const heard = agent && !agent.connected && agent.last_heard ? `, heard ${ago(localTime(agent.last_heard), now.value)}` : "";
  return (
    <li title={agent?.reason ?? undefined}>
      <span class={`link-dot ${tone}`} aria-hidden="true" />
      <span class="muted">Agent</span> <span>{`${word}${over ? "" : heard}`}</span>
    </li>
  );
}

type Fact = { tone: string; word: string; why?: string | undefined };

function FactItem({ name, fact: { tone, word, why } }: { name: string; fact: Fact }) {
  return (
    <li title={why}>
      <span class={`link-dot ${tone}`} aria-hidden="true" />
      <span class="muted">{name}</span> <span>{word}</span>
    </li>
  );
}

/** The trainer's process (HL1). @param known whether somebody is there to say that it lives */
function ProcessItem({ view, known }: { view: RunView; known: boolean }) {
  const { state, pid, exit_code, signal } = view.trainer.process;
  const why = pid === null ? undefined : `process ${pid}`;
  if (state === "exited") {
    const clean = exit_code === 0;
    return <FactItem name="Trainer" fact={{ tone: clean ? "idle" : "off", word: `exited ${signal ?? exit_code ?? ""}`.trim(), why }} />;
  }
  const alive = state === "alive" && known;
  return <FactItem name="Trainer" fact={{ tone: alive ? "on" : "wait", word: alive ? "alive" : "unknown", why }} />;
}

const PROGRESS_TONES: Record<string, string> = { advancing: "on", stalled: "off", paused: "wait", waiting: "wait", over: "idle" };

/** Whether steps come (HL1), and since when they don't. */
function ProgressItem({ view, known, localTime }: { view: RunView; known: boolean; localTime: (timestamp: string) => number }) {
  const { state, since, reason } = view.trainer.progress;
  const word = known || state === "over" ? state : "unknown";
  const how = word === "stalled" && since !== null ? ` for ${duration((now.value - localTime(since)) / 1000)}` : "";
  return <FactItem name="Progress" fact={{ tone: PROGRESS_TONES[word] ?? "wait", word: `${word}${how}`, why: reason ?? undefined }} />;
}

/** A hang is said in words, with the reason: the figures below it look as if all was well. */
function StallNotice({ view, freshness }: { view: RunView; freshness: Freshness }) {
  const { state, reason } = view.trainer.progress;
  if (state !== "stalled" || freshness.kind !== "live") return null;
  return (
    <p class="notice stale-notice" role="status">
      <strong>The training may hang:</strong> {reason ?? "no step comes"}.
    </p>
  );
}

/** Says once, above everything, that the figures are not of now, and why. */
function StaleNotice({ freshness, link }: { freshness: Freshness; link: LinkState }) {
  if (freshness.kind !== "stale" || link.kind === "connecting" || link.kind === "recovering") return null;
  const when = ago(freshness.since, now.value);
  const text =
    freshness.fault === "agent"
      ? `The agent beside the trainer was last heard ${when}. The training may well go on; figures are as of then.`
      : link.kind === "closed"
        ? `The connection has ended: ${link.reason.message}. Figures are as of ${when}.`
        : `No connection to the relay for ${duration((now.value - freshness.since) / 1000)}. The page keeps trying; figures are as of then.`;
  return (
    <p class="notice stale-notice" role="status">
      {text}
    </p>
  );
}
