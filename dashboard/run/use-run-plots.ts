import { computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Marker } from "../chart/markers.ts";
import { PlotGroup } from "../chart/plot-group.ts";
import { extentOf, type PlotLine } from "../chart/plot-line.ts";
import { readTheme, theme } from "../chart/theme.ts";
import { type LineGroup, lossLines, markersOf, otherLines, stepsWithin } from "./chart-lines.ts";
import { rememberedSettings, rememberSettings } from "./chart-memory.ts";
import type { RunStore } from "./store.ts";

/** No prefix of a series has a slash. */
const LOSS = "/loss";

export type RunPlots = {
  group: PlotGroup;
  /** Rises with every frame in which a curve is another. */
  version: ReadonlySignal<number>;
  /** The loss first. */
  groups: readonly LineGroup[];
  all: readonly PlotLine[];
  markers: readonly Marker[];
  /** Of the run. */
  name: string;
};

/** What a run's charts are drawn from. Its user is drawn anew where there are other series or markers, not with every point. */
export function useRunPlots(run: string, store: RunStore): RunPlots {
  const { curves } = store;
  const colors = theme.value ?? readTheme();
  const group = useMemo(() => {
    const made = new PlotGroup();
    made.set(rememberedSettings());
    return made;
  }, [store]);
  const version = useMemo(() => signal(0), [store]);
  const names = useMemo(
    () =>
      computed(() => {
        void store.drawn.value;
        return [...curves.names(), "", ...curves.validationLabels(), "", ...curves.progressNames()].join("\n");
      }),
    [store],
  );
  // Lines are others where there are other series; what they hold is read as it is drawn.
  const groups = useMemo(
    (): LineGroup[] => [{ key: LOSS, title: "Loss", lines: lossLines(curves, colors) }, ...otherLines(curves, colors)],
    [names.value, colors, curves],
  );
  const all = useMemo(() => groups.flatMap(({ lines }) => lines), [groups]);
  useEffect(() => followRun(store, group, all, version), [all, group, store]);
  useEffect(() => followLook(store, group, all), [all, group, store]);
  useEffect(() => effect(() => rememberSettings(group.settings.value)), [group]);
  const name = useMemo(() => computed(() => store.view.value.info?.name ?? run), [store, run]);
  return { group, version, groups, all, markers: useMarkers(store, group, all), name: name.value };
}

/** Tells the plots of what has come, with the axis that it makes. */
function followRun(store: RunStore, group: PlotGroup, all: readonly PlotLine[], version: { value: number; peek(): number }): () => void {
  return effect(() => {
    void store.drawn.value;
    const stepsPerEpoch = store.view.value.progress?.event.max_step || null;
    const start = extentOf(all, "time")?.from ?? 0;
    const known = group.origin.peek();
    if (known.stepsPerEpoch !== stepsPerEpoch || known.start !== start) group.origin.value = { stepsPerEpoch, start };
    group.extent = extentOf(all, group.x());
    version.value = version.peek() + 1;
  });
}

/** Asks for the finer part of what somebody looks at closely. */
function followLook({ curves }: RunStore, group: PlotGroup, all: readonly PlotLine[]): () => void {
  return effect(() => {
    const { value: range } = group.range;
    void [group.sight.value, curves.history.value];
    const seen = group.members.filter((member) => member.isSeen()).flatMap((member) => member.lines());
    const x = untracked(() => group.x());
    curves.look(range && stepsWithin(all, x, range), [...new Set(seen.map(({ key }) => key))]);
  });
}

/** Markers as they change. */
function useMarkers(store: RunStore, group: PlotGroup, all: readonly PlotLine[]): readonly Marker[] {
  const { samples } = store.samples;
  const { markers } = group.settings.value;
  const x = group.x();
  const state = useMemo(
    () =>
      computed(() => {
        void store.drawn.value;
        const segments = new Set(all.flatMap((line) => line.traces().map(({ segment }) => segment)));
        return `${store.markers.count} ${segments.size} ${store.curves.history.value}`;
      }),
    [store, all],
  );
  return useMemo(
    () => (markers ? markersOf({ happenings: store.markers.all, samples: samples.value, lines: all }, x) : []),
    [samples.value, x, markers, state.value, all],
  );
}
