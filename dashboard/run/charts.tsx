import { useMemo, useState } from "preact/hooks";
import { Plot } from "../chart/plot.tsx";
import { isOver } from "../model/progress.ts";
import type { LineGroup } from "./chart-lines.ts";
import { type RunChoice, rememberChoice, rememberedChoice } from "./chart-memory.ts";
import { ChartToolbar } from "./chart-toolbar.tsx";
import type { RunStore } from "./store.ts";
import { type RunPlots, useRunPlots } from "./use-run-plots.ts";

const LOSS_HEIGHT = 280;
const OTHER_HEIGHT = 160;
/** Lines that a chart shows before anybody chose: more nobody tells apart. */
const LINES_SHOWN = 24;
/** Charts that are open before anybody chose. */
const CHARTS_OPEN = 12;

/** What all charts of a run are drawn with, and what somebody chose for them. */
type Shared = { plots: RunPlots; choice: RunChoice; choose: (change: Partial<RunChoice>) => void };

export function Charts({ run, store }: { run: string; store: RunStore }) {
  const plots = useRunPlots(run, store);
  const [choice, setChoice] = useState<RunChoice>(() => rememberedChoice(run));
  const choose = (change: Partial<RunChoice>) => {
    const next = { ...choice, ...change };
    setChoice(next);
    rememberChoice(run, next);
  };
  const shared = { plots, choice, choose };
  const [loss, ...others] = plots.groups;
  return (
    <>
      <section class="panel area-loss" aria-label="Loss">
        <h2 class="sr-only">Charts</h2>
        <ChartToolbar group={plots.group} fileName={plots.name} lines={plots.all} />
        {loss && <GroupPlot lines={loss} height={LOSS_HEIGHT} shared={shared} />}
        <LossNote store={store} />
      </section>
      {others.length > 0 && <OtherCharts groups={others} shared={shared} />}
    </>
  );
}

function OtherCharts({ groups, shared }: { groups: readonly LineGroup[]; shared: Shared }) {
  const { choice, choose } = shared;
  const [wanted, setWanted] = useState("");
  const series = groups.reduce((sum, { lines }) => sum + lines.length, 0);
  const shown = groups.filter(({ title, lines }) => matches(wanted, [title, ...lines.map(({ key }) => key)]));
  const isCollapsed = (key: string) => choice.collapsed[key] ?? groups.findIndex((group) => group.key === key) >= CHARTS_OPEN;
  return (
    <section class="panel area-series" aria-label="Other series">
      {series > LINES_SHOWN && (
        <input
          type="search"
          class="series-search"
          placeholder={`Search charts and ${series} series`}
          aria-label="Search charts and series"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
      )}
      {shown.map((each) => {
        // What somebody searched for is open, whatever was chosen before.
        const open = wanted !== "" || !isCollapsed(each.key);
        return (
          <details
            key={each.key}
            class="plot-group"
            open={open}
            onToggle={(event) => {
              const collapsed = !event.currentTarget.open;
              if (wanted === "" && collapsed !== isCollapsed(each.key))
                choose({ collapsed: { ...choice.collapsed, [each.key]: collapsed } });
            }}
          >
            <summary>
              {each.title} <span class="figure">{each.lines.length}</span>
            </summary>
            {open && <GroupPlot lines={each} height={OTHER_HEIGHT} shared={shared} />}
          </details>
        );
      })}
      {shown.length === 0 && <p class="muted">No chart and no series is called that.</p>}
    </section>
  );
}

function GroupPlot({ lines: { key, title, lines }, height, shared }: { lines: LineGroup; height: number; shared: Shared }) {
  const { plots, choice, choose } = shared;
  const chosen = choice.hidden[key];
  const hidden = useMemo(() => new Set(chosen ?? lines.slice(LINES_SHOWN).map((line) => line.key)), [chosen, lines]);
  return (
    <Plot
      {...{ title, lines, height, hidden }}
      {...{ version: plots.version, group: plots.group, markers: plots.markers, fileName: plots.name }}
      onHidden={(keys) => choose({ hidden: { ...choice.hidden, [key]: [...keys] } })}
    />
  );
}

function LossNote({ store }: { store: RunStore }) {
  void store.drawn.value;
  const { curves } = store;
  const isEmpty = lossIsEmpty(curves);
  const { value: history } = curves.history;
  return (
    <>
      {isEmpty && history !== "reading" && (
        <p class="overlay muted">{isOver(store.view.value) ? "This run told no loss." : "No loss yet. It appears with the first step."}</p>
      )}
      <p class="chart-note muted" role="status">
        {history === "reading" && "Reading the earlier part of the run …"}
        {history === "failed" && "The earlier part of the run could not be read; the curves begin later than the run."}
      </p>
    </>
  );
}

function lossIsEmpty(curves: RunStore["curves"]): boolean {
  const has = (names: readonly string[]) => names.some((name) => /loss/i.test(name));
  return !has(curves.names()) && !has(curves.progressNames()) && curves.validationLabels().length === 0;
}

function matches(wanted: string, texts: readonly string[]): boolean {
  return texts.some((text) => text.toLowerCase().includes(wanted.toLowerCase()));
}
