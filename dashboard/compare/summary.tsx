import { readTheme, theme } from "../chart/theme.ts";
import type { Trace } from "../curves/trace.ts";
import { lossName } from "../model/series.ts";
import { StatusPill } from "../status-pill.tsx";
import { count, duration, figure, pace } from "../time/format.ts";
import type { Comparison } from "./address.ts";
import { LookMark } from "./chips.tsx";
import { lookOf } from "./look.ts";
import type { RunSource } from "./run-source.ts";
import { Scroller } from "./scroller.tsx";
import { summaryRow } from "./summary-row.ts";
import { difference } from "./texts.ts";

type SummaryProps = { sources: readonly RunSource[]; comparison: Comparison; onChange: (to: Partial<Comparison>) => void };

/** The runs in figures, and which one the others are measured by. */
export function Summary({ sources, comparison, onChange }: SummaryProps) {
  const colors = theme.value ?? readTheme();
  const there = sources.filter((source) => source.state.value.kind === "there");
  if (there.length === 0) return null;
  const span = spanOf(there.map(lossOf));
  const rows = there.map((source) => ({
    source,
    row: summaryRow(source.view.value, lossOf(source), source.timing, comparison.smoothing, span),
  }));
  const base = comparison.base ?? comparison.runs[0];
  const baseRow = rows.find(({ source }) => source.run === base)?.row ?? null;
  return (
    <section class="panel" aria-label="Summary">
      <header>
        <h2>Summary</h2>
      </header>
      <Scroller label="Summary table">
        <table class="summary">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Status</th>
              <th scope="col">Steps</th>
              <th scope="col" title="Smoothed as in the charts">
                Loss
              </th>
              <th scope="col" title="Smoothed as in the charts">
                Lowest loss
              </th>
              <th scope="col">Pace</th>
              <th scope="col">Time</th>
              <th scope="col">Samples</th>
              <th scope="col">Baseline</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ source, row }) => {
              const is = source.run === base;
              const status = source.view.value.status?.event ?? null;
              return (
                <tr key={source.run}>
                  <th scope="row">
                    <span class="run-cell">
                      <LookMark look={lookOf(comparison.runs.indexOf(source.run), colors)} />
                      <span class="run-cell-name" title={source.name}>
                        {source.name}
                      </span>
                    </span>
                  </th>
                  <td class="words">
                    <StatusPill status={status?.status ?? null} />
                  </td>
                  <td>{count(row.steps)}</td>
                  <td>
                    {figure(row.last)}
                    <Against value={row.last} base={is ? null : (baseRow?.last ?? null)} />
                  </td>
                  <td>
                    {figure(row.least?.value)}
                    <Against value={row.least?.value ?? null} base={is ? null : (baseRow?.least?.value ?? null)} />
                    {row.least && <span class="beside muted">{`at ${count(row.least.step)}`}</span>}
                  </td>
                  <td>{pace(row.pace)}</td>
                  <td>{row.seconds === null ? "–" : duration(row.seconds)}</td>
                  <td>{count(source.samples.value?.length ?? null)}</td>
                  <td>
                    <label class="base">
                      <input
                        type="radio"
                        name="base"
                        checked={is}
                        aria-label={`Measure the others by ${source.name}`}
                        onChange={() => onChange({ base: source.run })}
                      />
                    </label>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Scroller>
    </section>
  );
}

function lossOf(source: RunSource): readonly Trace[] {
  source.drawn.value; // The curves are changed in place.
  const { series } = source;
  return series.get(lossName([...series.keys()]) ?? "") ?? [];
}

/** In steps, as the loss chart has it. */
function spanOf(losses: readonly (readonly Trace[])[]): number {
  const ends = losses.flat().flatMap(({ steps }) => [steps[0] ?? [], steps.at(-1) ?? []].flat());
  return ends.length === 0 ? 0 : Math.max(...ends) - Math.min(...ends);
}

function Against({ value, base }: { value: number | null; base: number | null }) {
  const text = difference(value, base);
  return text === null ? null : <span class="beside muted">{text}</span>;
}
