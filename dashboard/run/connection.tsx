import { Fragment } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { RoomStatus } from "../../protocol/index.ts";
import { now } from "../time/clock.ts";
import { ago, count, duration } from "../time/format.ts";
import type { RunStore } from "./store.ts";

const EVERY_MS = 5000;
const ROLES = ["viewer", "operator", "owner", "agent"] as const;

/** What stands between this page and the trainer, in figures: this page's link, the agent's, and the relay. Asked for while it is open. */
export function ConnectionDialog({ run, store, onClose }: { run: string; store: RunStore; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const status = useStatus(run, store);
  return (
    <dialog ref={dialog} class="confirm connection" aria-label="Connection" onClose={onClose}>
      <h2>Connection</h2>
      <h3>This page</h3>
      <OwnLink store={store} />
      <h3>The agent beside the trainer</h3>
      <AgentFacts store={store} />
      <h3>The relay</h3>
      {status === null ? <p class="muted">No answer yet.</p> : <RelayFacts status={status} />}
      <div class="buttons">
        <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}

function OwnLink({ store }: { store: RunStore }) {
  const link = store.link.value;
  const { position } = store.connection;
  const { heardAt, caughtUp, skew } = store.told.value;
  const facts: [string, string | null][] = [
    ["State", `${link.kind}, for ${duration((now.value - link.since) / 1000)}`],
    ["Why", "reason" in link ? link.reason.message : null],
    ["Tries since then", "attempt" in link ? count(link.attempt) : null],
    ["Last event", heardAt === null ? "none yet" : ago(heardAt, now.value)],
    ["Position in the log", position === null ? null : count(position.offset)],
    [
      "Caught up after the last loss",
      caughtUp === null ? null : `${count(caughtUp)} ${caughtUp === 1 ? "event" : "events"}, and nothing else was fetched again`,
    ],
    [
      "The relay's clock",
      Math.abs(skew) < 1000 ? "as this machine's" : `${duration(Math.abs(skew) / 1000)} ${skew > 0 ? "behind" : "ahead of"} this machine's`,
    ],
  ];
  return <Facts facts={facts} />;
}

function AgentFacts({ store }: { store: RunStore }) {
  const { agent } = store.view.value;
  const when = (timestamp: string | null | undefined) => (timestamp ? ago(store.localTime(timestamp), now.value) : null);
  const facts: [string, string | null][] = [
    ["State", agent === null ? "unknown" : agent.connected ? "connected" : "offline"],
    ["Since", when(agent?.since)],
    ["Last heard", agent?.connected ? null : when(agent?.last_heard)],
    ["Why", agent?.reason ?? null],
    ["What it could not send", agent === null || agent.connected ? null : "waits on its machine, and comes when it is back"],
  ];
  return <Facts facts={facts} />;
}

function RelayFacts({ status }: { status: RoomStatus }) {
  const { connections, latency_ms, log, tail } = status;
  const people = ROLES.map((role) => [role, connections[role]] as const).filter(([, number]) => number > 0);
  const facts: [string, string | null][] = [
    ["Connected", people.map(([role, number]) => `${count(number)} ${role}${number === 1 ? "" : "s"}`).join(", ") || "nobody"],
    ["From event to relay", latency_ms === null ? null : `${count(Math.round(latency_ms))} ms`],
    ["Log", `${(log.bytes / 1e6).toFixed(1)} MB, events ${count(log.oldest_offset)} to ${count(log.last_offset)}`],
    ["Not stored yet", `${count(tail.events)} events`],
  ];
  return <Facts facts={facts} />;
}

function Facts({ facts }: { facts: readonly [string, string | null][] }) {
  return (
    <dl>
      {facts.map(([name, value]) =>
        value === null ? null : (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ),
      )}
    </dl>
  );
}

function useStatus(run: string, store: RunStore): RoomStatus | null {
  const [status, setStatus] = useState<RoomStatus | null>(null);
  useEffect(() => {
    let over = false;
    const read = async () => {
      const answer = await store.api.relayStatus();
      if (!over && answer.ok) setStatus(answer.value.runs[run] ?? null);
    };
    void read();
    const timer = setInterval(() => void read(), EVERY_MS);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [run, store]);
  return status;
}
