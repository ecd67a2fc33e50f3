import { useEffect, useState } from "preact/hooks";
import { count } from "../time/format.ts";
import type { Moment } from "./film.ts";
import type { OlderSamples } from "./sample-store.ts";

type Props = {
  moments: readonly Moment[];
  at: number;
  onMove: (index: number) => void;
  older: OlderSamples;
  onOlder: () => void;
};

/** A moment while it plays: long enough to see what changed, in milliseconds. */
const FRAME_MS = 350;

/** One handle for all prompts. At its end it follows the newest. */
export function Scrubber({ moments, at, onMove, older, onOlder }: Props) {
  const [playing, setPlaying] = useState(false);
  const last = moments.length - 1;
  const step = moments[at]?.step ?? null;

  useEffect(() => {
    if (!playing) return;
    if (at >= last) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => onMove(at + 1), FRAME_MS);
    return () => clearTimeout(timer);
  }, [playing, at, last]);

  const play = () => {
    if (!playing && at >= last) onMove(0);
    setPlaying(!playing);
  };
  const move = (index: number) => {
    setPlaying(false);
    onMove(index);
    if (index === 0 && older.kind === "more") onOlder();
  };
  if (last < 1) return <p class="scrubber-words figure">Step {count(step)}</p>;
  return (
    <div class="scrubber">
      <button type="button" class="quiet small" aria-label={playing ? "Stop playing" : "Play through time"} onClick={play}>
        {playing ? "■" : "▶"}
      </button>
      <input
        type="range"
        min={0}
        max={last}
        value={at}
        aria-label="Moment"
        aria-valuetext={`step ${count(step)}, ${count(at + 1)} of ${count(last + 1)}`}
        onInput={(event) => move(Number(event.currentTarget.value))}
      />
      <span class="scrubber-words figure">Step {count(step)}</span>
      <button type="button" class="quiet small" aria-pressed={at === last} onClick={() => move(last)}>
        Newest
      </button>
    </div>
  );
}
