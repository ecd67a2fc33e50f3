import { effect, signal, untracked, useComputed } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Plot } from "../chart/plot.tsx";
import { PlotGroup } from "../chart/plot-group.ts";
import { extentOf } from "../chart/plot-line.ts";
import { readTheme, theme } from "../chart/theme.ts";
import { isOver } from "../model/progress.ts";
import { type LineGroup, lossLines, markersOf, otherLines, stepsWithin } from "./chart-lines.ts";
import { type RunChoice, rememberChoice, rememberedChoice, rememberedSettings, rememberSettings } from "./chart-memory.ts";
import { ChartToolbar } from "./chart-toolbar.tsx";
import type { RunStore } from "./store.ts";

const LOSS_HEIGHT = 280;
const OTHER_HEIGHT = 160;
/** Lines that a chart shows before anybody chose: more nobody tells apart. */
const LINES_SHOWN = 24;
/** Charts that are open before anybody chose. */
const CHARTS_OPEN = 12;
/** No prefix has a slash. */
const LOSS = "/loss";

export function Charts({ run, store }: { run: string; store: RunStore }) {
  const { curves } = store;
  const colors = theme.value ?? readTheme();
  const group = useMemo(() => {
    const made = new PlotGroup();
    made.set(rememberedSettings());
    return made;
  }, [store]);
  const version = useMemo(() => signal(0), [store]);
  const [choice, setChoice] = useState<RunChoice>(() => rememberedChoice(run));
  const [wanted, setWanted] = useState("");
  const names = useComputed(() => {
    void store.drawn.value;
    return [...curves.names(), "", ...curves.validationLabels(), "", ...curves.progressNames()].join("\n");
  });
  // Lines are others where there are other series; what they hold is read as it is drawn.
  const groups = useMemo(
    (): LineGroup[] => [{ key: LOSS, title: "Loss", lines: lossLines(curves, colors) }, ...otherLines(curves, colors)],
    [names.value, colors, curves],
  );
  const all = useMemo(() => groups.flatMap(({ lines }) => lines), [groups]);

  useEffect(
    () =>
      effect(() => {
        void store.drawn.value;
        const stepsPerEpoch = store.view.value.progress?.event.max_step || null;
        const start = extentOf(all, "time")?.from ?? 0;
        const known = group.origin.peek();
        if (known.stepsPerEpoch !== stepsPerEpoch || known.start !== start) group.origin.value = { stepsPerEpoch, start };
        group.extent = extentOf(all, group.x());
        version.value = version.peek() + 1;
      }),
    [all, group, store],
  );
  useEffect(
    () =>
      effect(() => {
        const { value: range } = group.range;
        void [group.sight.value, curves.history.value];
        const seen = group.members.filter((member) => member.isSeen()).flatMap((member) => member.lines());
        const x = untracked(() => group.x());
        curves.look(range && stepsWithin(all, x, range), [...new Set(seen.map(({ key }) => key))]);
      }),
    [all, group, curves],
  );
  useEffect(() => effect(() => rememberSettings(group.settings.value)), [group]);

  const choose = (change: Partial<RunChoice>) => {
    const next = { ...choice, ...change };
    setChoice(next);
    rememberChoice(run, next);
  };
  const markers = useMarkers(store, group, all);
  const name = store.view.value.info?.name ?? run;
  const plot = ({ key, title, lines }: LineGroup, height: number) => (
    <Plot
      {...{ title, lines, version, group, height, markers }}
      hidden={hiddenOf(choice, key, lines)}
      onHidden={(keys) => choose({ hidden: { ...choice.hidden, [key]: [...keys] } })}
      fileName={name}
    />
  );
  const [loss, ...others] = groups;
  const shown = others.filter(({ title, lines }) => matches(wanted, [title, ...lines.map(({ key }) => key)]));
  return (
    <>
      <section class="panel area-loss" aria-label="Loss">
        <ChartToolbar group={group} fileName={name} lines={all} />
        {loss && plot(loss, LOSS_HEIGHT)}
        <LossNote store={store} />
      </section>
      {others.length > 0 && (
        <section class="panel area-series" aria-label="Other series">
          {all.length > LINES_SHOWN && (
            <input
              type="search"
              class="series-search"
              placeholder={`Search charts and ${all.length} series`}
              aria-label="Search charts and series"
              value={wanted}
              onInput={(event) => setWanted(event.currentTarget.value)}
            />
          )}
          {shown.map((each, index) => (
            <details
              key={each.key}
              class="plot-group"
              open={wanted !== "" || !(choice.collapsed[each.key] ?? index >= CHARTS_OPEN)}
              onToggle={(event) => {
                const collapsed = !event.currentTarget.open;
                if (wanted === "" && collapsed !== (choice.collapsed[each.key] ?? index >= CHARTS_OPEN))
                  choose({ collapsed: { ...choice.collapsed, [each.key]: collapsed } });
              }}
            >
              <summary>
                {each.title} <span class="figure">{each.lines.length}</span>
              </summary>
              {(wanted !== "" || !(choice.collapsed[each.key] ?? index >= CHARTS_OPEN)) && plot(each, OTHER_HEIGHT)}
            </details>
          ))}
          {shown.length === 0 && <p class="muted">No chart and no series is called that.</p>}
        </section>
      )}
    </>
  );
}

/** Markers as they change: not with every point. */
function useMarkers(store: RunStore, group: PlotGroup, all: LineGroup["lines"]) {
  const { samples } = store.view.value;
  const { markers } = group.settings.value;
  const x = group.x();
  const lives = useComputed(() => {
    void store.drawn.value;
    const segments = new Set(all.flatMap((line) => line.traces().map(({ segment }) => segment)));
    return `${store.markers.all.length} ${segments.size} ${store.curves.history.value}`;
  });
  return useMemo(
    () => (markers ? markersOf({ happenings: store.markers.all, samples, lines: all }, x) : []),
    [samples, x, markers, lives.value, all],
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

function hiddenOf(choice: RunChoice, key: string, lines: LineGroup["lines"]): ReadonlySet<string> {
  return new Set(choice.hidden[key] ?? lines.slice(LINES_SHOWN).map(({ key }) => key));
}

function matches(wanted: string, texts: readonly string[]): boolean {
  return texts.some((text) => text.toLowerCase().includes(wanted.toLowerCase()));
}
