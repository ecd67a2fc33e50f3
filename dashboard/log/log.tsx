import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { download } from "../download.ts";
import { count } from "../time/format.ts";
import { type Filter, NO_FILTER } from "./filter.ts";
import { Line } from "./line.tsx";
import type { LogStore, Older } from "./log-store.ts";
import { textOf } from "./log-text.ts";
import { LogToolbar, type Settings } from "./log-toolbar.tsx";
import { LogView } from "./log-view.ts";
import { useColumns } from "./use-columns.ts";

/** As styles/log.css has it: every row is as high as every other, so that a place in the log is a product. */
const ROW_PX = 18;
/** Rows beyond the visible ones: what a flick of a finger passes before the next frame. */
const MARGIN_ROWS = 20;
/** Closer to the end than this counts as being there. */
const NEAR_END_PX = 24;
/** Closer to the beginning than this asks for older lines. */
const NEAR_BEGINNING_PX = 600;

/** The run's log. It follows the end until somebody scrolls up, and again when they come back or ask for it. */
export function Log({ run, store }: { run: string; store: LogStore }) {
  const version = store.version.value;
  const view = useMemo(() => new LogView(), []);
  const box = useRef<HTMLDivElement>(null);
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const [settings, setSettings] = useState<Settings>(() => ({ wrap: matchMedia("(max-width: 860px)").matches, time: true }));
  const [following, setFollowing] = useState(true);
  const [current, setCurrent] = useState<number | null>(null);
  const scrolled = useSignal(0);
  const height = useSignal(0);
  /** Where following put the box last, in pixels. */
  const putAt = useRef(0);
  /** The newest line when following ended. */
  const letGoAt = useRef(0);
  const columns = useColumns(box, settings.time);
  const top = useComputed(() => Math.floor(scrolled.value / ROW_PX));

  // What is in the middle of the screen stays there while the beginning changes.
  const anchor = view.shown[view.rows.lineAt(top.value)];
  const within = anchor ? scrolled.value - view.rows.startOf(view.placeOf(anchor.key)) * ROW_PX : 0;
  view.ask(filter, settings.wrap ? columns : null);
  const moved = view.update(store.buffer);

  const follow = (wish: boolean) => {
    if (wish) putAt.current = 0;
    else letGoAt.current = view.shown.at(-1)?.key ?? 0;
    setFollowing(wish);
  };
  useLayoutEffect(() => {
    const { current: element } = box;
    if (!element) return;
    const distance = element.scrollHeight - element.scrollTop - element.clientHeight;
    // Scrolled up since, and the browser has not said so yet: new lines must not pull anybody back.
    if (following && element.scrollTop < putAt.current - NEAR_END_PX && distance > NEAR_END_PX) follow(false);
    else if (following) {
      element.scrollTop = element.scrollHeight;
      putAt.current = element.scrollTop;
    } else if (moved && anchor) element.scrollTop = view.rows.startOf(view.placeOf(anchor.key)) * ROW_PX + within;
    scrolled.value = element.scrollTop;
    height.value = element.clientHeight;
  }, [version, following, filter, settings, columns]);
  useEffect(() => {
    const { current: element } = box;
    if (!element) return;
    const sized = new ResizeObserver(() => {
      height.value = element.clientHeight;
    });
    sized.observe(element);
    return () => sized.disconnect();
  }, []);

  const onScroll = () => {
    const { current: element } = box;
    if (!element) return;
    scrolled.value = element.scrollTop;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    if (atEnd !== following) follow(atEnd);
    if (element.scrollTop < NEAR_BEGINNING_PX) void store.readOlder();
  };
  const go = (step: 1 | -1) => {
    const { matches } = view;
    if (matches.length === 0) return;
    const place = current === null ? (step > 0 ? 0 : matches.length - 1) : (current + step + matches.length) % matches.length;
    setCurrent(place);
    follow(false);
    const row = view.rows.startOf(matches[place] ?? 0);
    if (box.current) box.current.scrollTop = Math.max(0, row * ROW_PX - box.current.clientHeight / 2);
  };

  const { shown, rows, search } = view;
  const first = rows.lineAt(Math.max(0, top.value - MARGIN_ROWS));
  const last = rows.lineAt(top.value + Math.ceil(height.value / ROW_PX) + MARGIN_ROWS);
  const missed = following ? 0 : shown.length - view.placeOf(letGoAt.current + 1);
  return (
    <section class="panel area-log" aria-label="Log">
      <header>
        <h2>Log</h2>
        <span class="muted figure">{shown.length > 0 ? `${count(shown.length)} ${shown.length === 1 ? "line" : "lines"}` : ""}</span>
        <button type="button" class="quiet small" aria-pressed={following} onClick={() => follow(!following)}>
          Follow
        </button>
      </header>
      <LogToolbar
        view={view}
        filter={filter}
        onFilter={(next) => {
          setFilter(next);
          setCurrent(null);
        }}
        settings={settings}
        onSettings={setSettings}
        current={current}
        onGo={go}
        onDownload={() => download(`${run}.log`, new Blob([textOf(shown)], { type: "text/plain;charset=utf-8" }))}
      />
      <div class="log-frame">
        <div
          class={settings.wrap ? "lines wrap" : "lines"}
          ref={box}
          onScroll={onScroll}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable with the keyboard
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label="Console lines"
        >
          <p class="log-edge muted">{olderWords(store.older.value, shown.length)}</p>
          <div class="log-space" style={{ height: `${rows.total * ROW_PX}px` }}>
            <div class="log-window" style={{ transform: `translateY(${rows.startOf(first) * ROW_PX}px)` }}>
              {shown.slice(first, last + 1).map((line, index) => (
                <Line
                  key={line.key}
                  line={line}
                  search={search}
                  time={settings.time}
                  current={current !== null && view.matches[current] === first + index}
                />
              ))}
            </div>
          </div>
        </div>
        {missed > 0 && (
          <button type="button" class="log-newer small" onClick={() => follow(true)}>
            {count(missed)} new {missed === 1 ? "line" : "lines"} ↓
          </button>
        )}
      </div>
    </section>
  );
}

function olderWords(older: Older, lines: number): string {
  switch (older.kind) {
    case "unknown":
      return lines === 0 ? "No lines yet." : "";
    case "more":
      return "";
    case "reading":
      return "Reading older lines …";
    case "beginning":
      return lines === 0 ? "No lines yet." : "The log begins here.";
    case "trimmed":
      return "Older lines are no longer on the relay.";
    case "full":
      return "This page holds no more lines than these; `runcast export` has them all.";
    case "failed":
      return `Older lines could not be read: ${older.message}.`;
  }
}
