import { effect, type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Legend } from "./legend.tsx";
import type { Marker } from "./markers.ts";
import { type MountedPlot, mountPlot } from "./mount-plot.ts";
import type { PlotGroup } from "./plot-group.ts";
import { keyOnPlot, spokenValue } from "./plot-keys.ts";
import type { PlotLine } from "./plot-line.ts";
import { PlotMenu } from "./plot-menu.tsx";
import { readTheme, theme } from "./theme.ts";
import { Tooltip } from "./tooltip.tsx";

type PlotProps = {
  title: string;
  /** All lines, also those that are hidden; another list only where they are others. */
  lines: readonly PlotLine[];
  /** Rises when a line has changed, at most once a frame. */
  version: ReadonlySignal<number>;
  group: PlotGroup;
  /** Of the drawing, in CSS pixels; fixed, so that nothing moves while data comes. */
  height: number;
  markers: readonly Marker[];
  hidden: ReadonlySet<string>;
  onHidden: (hidden: ReadonlySet<string>) => void;
  /** Names the file of what is saved. */
  fileName: string;
  /** What is told of a line beside the cursor, after its value. */
  about?: (line: PlotLine, x: number) => string | null;
};

/** Lines over steps or time, with a legend whose figures are those at the cursor, else the newest. It knows of no run: all plots of a group share axis, zoom and cursor. */
export function Plot({ title, lines, version, group, height, markers, hidden, onHidden, fileName, about }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const slider = useRef<HTMLDivElement>(null);
  const identity = useMemo(() => ({}), []);
  const colors = theme.value ?? readTheme();
  const { logarithmic } = group.settings.value;
  const figures = useSignal(0);
  const drawn = useSignal<MountedPlot | null>(null);
  const marking = useSignal<{ from: number; to: number } | null>(null);
  const shown = useMemo(() => lines.filter(({ key }) => !hidden.has(key)), [lines, hidden]);
  const latest = useRef({ shown, markers, title });
  latest.current = { shown, markers, title };

  // uPlot cannot change colours or the kind of a scale: another one then.
  useEffect(() => {
    const { current: place } = host;
    if (!place) return;
    const mounted = mountPlot(place, { identity, group, colors, height, latest, version, figures, marking });
    drawn.value = mounted;
    return () => {
      mounted.unmount();
      drawn.value = null;
    };
  }, [group, colors, logarithmic, height, title]);

  // Beside the drawing of this component: a cursor that moves draws no plot anew.
  useEffect(
    () =>
      effect(() => {
        void figures.value;
        for (const [name, value] of Object.entries(spokenValue(latest.current.shown, group)))
          slider.current?.setAttribute(name, String(value));
      }),
    [group],
  );

  useEffect(() => {
    drawn.value?.draw();
  }, [shown, markers, drawn.value]);

  return (
    <figure class="plot-figure">
      <figcaption>
        <h3>{title}</h3>
        <PlotMenu {...{ title, identity, group, fileName }} lines={shown} />
      </figcaption>
      <Legend title={title} lines={lines} hidden={hidden} onHidden={onHidden} group={group} figures={figures} />
      <div
        ref={slider}
        class="plot-place"
        style={{ minHeight: `${height}px` }}
        tabIndex={0}
        role="slider"
        aria-label={`${title}: cursor`}
        aria-valuenow={0}
        onKeyDown={(event) => keyOnPlot(event, shown, group, identity)}
        onBlur={() => {
          if (group.cursor.value?.owner === identity) group.cursor.value = null;
        }}
      >
        <div ref={host} />
        {drawn.value && (
          <Tooltip
            canvas={drawn.value.canvas}
            lines={shown}
            group={group}
            owner={identity}
            marking={marking}
            figures={figures}
            {...(about ? { about } : {})}
          />
        )}
      </div>
    </figure>
  );
}
