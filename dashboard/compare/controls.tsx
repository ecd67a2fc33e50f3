import type { Axis, Comparison } from "./address.ts";
import { SMOOTHING_MAX } from "./address.ts";
import { AXIS_HINTS, AXIS_WORDS } from "./texts.ts";

type ControlsProps = {
  comparison: Comparison;
  /** What is drawn, which the address may ask for in vain. */
  axis: Axis;
  offered: readonly Axis[];
  onChange: (to: Partial<Comparison>) => void;
  onCsv: () => void;
  /** Where a part is looked at: shows all of it again. */
  onWhole?: () => void;
};

/** How all charts are drawn. */
export function Controls({ comparison, axis, offered, onChange, onCsv, onWhole }: ControlsProps) {
  return (
    <section class="compare-tools" aria-label="How it is drawn">
      <fieldset class="choice">
        <legend class="sr-only">Aligned by</legend>
        {offered.map((each) => (
          <label key={each} title={AXIS_HINTS[each]}>
            <input type="radio" name="axis" checked={axis === each} onChange={() => onChange({ by: each })} />
            <span>{AXIS_WORDS[each]}</span>
          </label>
        ))}
      </fieldset>
      <label class="smoothing">
        <span>Smoothing</span>
        <input
          type="range"
          min={0}
          max={SMOOTHING_MAX}
          step={0.01}
          value={comparison.smoothing}
          onInput={(event) => onChange({ smoothing: Number(event.currentTarget.value) })}
        />
        <span class="figure">{comparison.smoothing.toFixed(2)}</span>
      </label>
      <button type="button" aria-pressed={comparison.logarithmic} onClick={() => onChange({ logarithmic: !comparison.logarithmic })}>
        Log scale
      </button>
      <button type="button" disabled={onWhole === undefined} onClick={onWhole}>
        Whole length
      </button>
      <span class="spacer" />
      <button type="button" onClick={onCsv}>
        CSV
      </button>
      {axis !== comparison.by && (
        <p class="notice" role="status">
          {`Aligned by step: no run here tells its ${comparison.by === "epoch" ? "epochs" : "times"}.`}
        </p>
      )}
    </section>
  );
}
