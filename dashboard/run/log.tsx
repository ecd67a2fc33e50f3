import { memo } from "preact/compat";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { LogLine } from "../model/log-lines.ts";
import { clockWithSeconds } from "../time/format.ts";

/** Closer to the end than this counts as being there. */
const NEAR_END_PX = 24;

/** The newest lines. It follows the end until somebody scrolls up, and again when they come back or ask for it. */
export function Log({ lines }: { lines: readonly LogLine[] }) {
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);

  // Each change of the lines moves the end.
  useLayoutEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, following]);

  const onScroll = () => {
    const { current } = box;
    if (current) setFollowing(current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_END_PX);
  };
  return (
    <section class="panel area-log" aria-label="Log">
      <header>
        <h2>Log</h2>
        <button type="button" class="quiet small" aria-pressed={following} onClick={() => setFollowing(!following)}>
          Follow
        </button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable with the keyboard */}
      <div class="lines" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-live="off" aria-label="Console lines">
        {lines.length === 0 && <p class="muted">No lines yet.</p>}
        {lines.map((line) => (
          <Line key={line.key} line={line} />
        ))}
      </div>
    </section>
  );
}

const Line = memo(function Line({ line }: { line: LogLine }) {
  return (
    <div class={`line ${line.level}${line.bar === null ? "" : " bar-line"}`}>
      <time class="figure" dateTime={line.timestamp}>
        {clockWithSeconds(line.timestamp)}
      </time>
      <span class="text">
        {line.level === "warning" || line.level === "error" || line.level === "critical" ? <span class="level">{line.level} </span> : null}
        {line.text}
      </span>
    </div>
  );
});
