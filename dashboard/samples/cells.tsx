import { useRef, useState } from "preact/hooks";
import { count } from "../time/format.ts";
import { type Film, type FilmRow, type Moment, sampleAt, sampleIn } from "./film.ts";
import { Thumbnail } from "./thumbnail.tsx";

type Props = {
  film: Film;
  moment: Moment;
  before: Moment | undefined;
  /** The sample that has just come. */
  fresh: string | null;
  onOpen: (id: string) => void;
};

/** Every prompt as it was at a moment. */
export function Cells({ film, moment, before, fresh, onOpen }: Props) {
  const shown = film.rows.flatMap((row) => {
    const found = sampleAt(row, moment);
    return found ? [{ row, ...found, current: sampleIn(row, moment, before) !== null }] : [];
  });
  const firstCustom = shown.findIndex(({ row }) => row.custom);
  return (
    <ul class="cells">
      {shown.map(({ row, index, current }, place) => (
        <li key={row.key} class={row.custom && place === firstCustom ? "first-custom" : undefined}>
          <Cell row={row} index={index} current={current} fresh={fresh} onOpen={onOpen} />
        </li>
      ))}
    </ul>
  );
}

/** Holding it shows what it replaced. In milliseconds: longer than a click takes. */
const HOLD_MS = 280;

function Cell({
  row,
  index,
  current,
  fresh,
  onOpen,
}: {
  row: FilmRow;
  index: number;
  current: boolean;
  fresh: string | null;
  onOpen: (id: string) => void;
}) {
  const [holding, setHolding] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const held = useRef(false);
  const now = row.samples[index];
  const earlier = row.samples[index - 1];
  const sample = holding && earlier ? earlier : now;
  if (!now || !sample) return null;

  const press = () => {
    held.current = false;
    if (!earlier) return;
    timer.current = setTimeout(() => {
      held.current = true;
      setHolding(true);
    }, HOLD_MS);
  };
  const release = () => {
    if (timer.current !== null) clearTimeout(timer.current);
    timer.current = null;
    setHolding(false);
  };
  const open = () => {
    // The end of a hold is no click.
    if (!held.current && now.sample_id) onOpen(now.sample_id);
    held.current = false;
  };
  const key = (event: KeyboardEvent, down: boolean) => {
    if (event.key.toLowerCase() === "b") setHolding(down && earlier !== undefined);
  };
  const step = count(sample.step ?? null);
  return (
    <button
      type="button"
      class={holding ? "cell earlier" : "cell"}
      title={earlier ? "Hold (or hold B): the one before" : undefined}
      onPointerDown={press}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      onContextMenu={(event) => held.current && event.preventDefault()}
      onKeyDown={(event) => key(event, true)}
      onKeyUp={(event) => key(event, false)}
      onBlur={release}
      onClick={open}
    >
      <span class="sr-only">{`${row.prompt ?? "Sample"}, step ${step}: show large`}</span>
      <Thumbnail sample={sample} />
      <span class="cell-words" aria-hidden="true">
        <span class="figure step-mark">
          {holding ? `before: ${step}` : step}
          {!holding && !current && <span title="This prompt was not sampled at this step; this is its newest until then"> · earlier</span>}
          {!holding && fresh !== null && fresh === now.sample_id && <span class="fresh"> · new</span>}
        </span>
        <span class="cell-prompt">{row.prompt ?? (row.custom ? "Custom sample" : "No prompt told")}</span>
      </span>
    </button>
  );
}
