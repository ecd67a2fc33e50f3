import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { count } from "../time/format.ts";
import { pollPresence, type Viewers } from "./presence-poll.ts";
import type { RunStore } from "./store.ts";

/** How many watch this run at present, and who, once it is opened (HL3). Without a connection nobody knows. */
export function Presence({ run, store }: { run: string; store: RunStore }) {
  const live = store.link.value.kind === "live";
  const viewers = useSignal<Viewers | null>(null);
  const list = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    viewers.value = null;
    if (!live) return;
    return pollPresence(store.api, run, (told) => {
      viewers.value = told;
    });
  }, [store, run, live, viewers]);

  const close = () => list.current?.removeAttribute("open");
  const { value } = viewers;
  return (
    <details
      ref={list}
      class="presence"
      onKeyDown={(event) => event.key === "Escape" && close()}
      onFocusOut={({ relatedTarget }) => !(relatedTarget instanceof Node && list.current?.contains(relatedTarget)) && close()}
    >
      <summary title={value?.names.join(", ")}>
        <span class="watching figure">{count(value?.count ?? null)}</span> watching
      </summary>
      <div class="names">{value === null ? <p class="absent">Not known at present</p> : <Names viewers={value} />}</div>
    </details>
  );
}

/** One name may stand for several connections, and more of them than the relay tells: both numbers are then said. */
function Names({ viewers: { count: connections, names } }: { viewers: Viewers }) {
  return (
    <>
      <ul>
        {names.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
      {connections > names.length && (
        <p class="names-note muted">
          {count(connections)} connections, {count(names.length)} {names.length === 1 ? "name" : "names"}
        </p>
      )}
    </>
  );
}
