import { effect, type ReadonlySignal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { drawNoMore, drawSoon } from "./draw-queue.ts";
import { listenToHands } from "./gestures.ts";
import { Legend } from "./legend.tsx";
import type { Marker } from "./markers.ts";
import { PlotCanvas } from "./plot-canvas.ts";
import type { PlotGroup } from "./plot-group.ts";
import { keyOnPlot, spokenValue } from "./plot-keys.ts";
import type { PlotLine } from "./plot-line.ts";
import { PlotMenu } from "./plot-menu.tsx";
import { readTheme, theme } from "./theme.ts";
import { Tooltip } from "./tooltip.tsx";

export type PlotProps = {
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
  /** Beside the title. */
  children?: ComponentChildren;
};

/** Figures beside the curves change so often, in milliseconds: faster nobody reads. */
const FIGURES_MS = 250;
/** A plot that is about to be scrolled into sight is drawn already. */
const NEAR = { rootMargin: "120px" };

/** Lines over steps or time, with a legend whose figures are those at the cursor, else the newest. It knows of no run: all plots of a group share axis, zoom and cursor. */
export function Plot({ title, lines, version, group, height, markers, hidden, onHidden, fileName, about, children }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const slider = useRef<HTMLDivElement>(null);
  const identity = useMemo(() => ({}), []);
  const colors = theme.value ?? readTheme();
  const { logarithmic } = group.settings.value;
  const figures = useSignal(0);
  const drawn = useSignal<PlotCanvas | null>(null);
  const marking = useSignal<{ from: number; to: number } | null>(null);
  const shown = useMemo(() => lines.filter(({ key }) => !hidden.has(key)), [lines, hidden]);
  const latest = useRef({ shown, markers, title });
  latest.current = { shown, markers, title };

  // uPlot cannot change colours or the kind of a scale: another one then.
  useEffect(() => {
    const { current: place } = host;
    if (!place) return;
    const size = () => ({ width: Math.max(place.clientWidth, 120), height });
    const source = { lines: () => latest.current.shown, markers: () => latest.current.markers };
    const canvas = new PlotCanvas(place, size(), group, source, colors);
    drawn.value = canvas;
    let seen = true;
    let pending: ReturnType<typeof setTimeout> | null = null;
    const drawNow = () => {
      canvas.draw();
      pending ??= setTimeout(() => {
        pending = null;
        figures.value += 1;
      }, FIGURES_MS);
    };
    const draw = () => {
      if (seen && !document.hidden) drawSoon(drawNow);
    };
    const stop = effect(() => {
      // Read for being told when they change.
      void [version.value, group.range.value, group.settings.value, group.origin.value];
      draw();
    });
    const resized = new ResizeObserver(() => {
      canvas.resize(size());
      drawNow();
    });
    resized.observe(place);
    // What is scrolled away is not drawn: a phone's battery pays for every frame.
    const sight = new IntersectionObserver((entries) => {
      const entry = entries.at(-1);
      const now = entry?.isIntersecting ?? true;
      if (now === seen) return;
      seen = now;
      group.sight.value += 1;
      draw();
    }, NEAR);
    sight.observe(place);
    document.addEventListener("visibilitychange", draw);
    const picture = () => {
      canvas.draw();
      const entries = latest.current.shown.map(({ name, color, dash, points = false }) => ({ name, color, dash, points }));
      return { canvas: canvas.chart.ctx.canvas, entries };
    };
    const member = { title, lines: () => latest.current.shown, isSeen: () => seen, picture };
    const leave = group.join(member);
    const xAt = (left: number) => {
      const { from, to } = group.view();
      return from + (left / Math.max(canvas.chart.over.clientWidth, 1)) * (to - from);
    };
    const endPress = listenToHands(canvas.chart.over, {
      onCursor: (at) => {
        group.cursor.value = at && { x: xAt(at.left), owner: identity, top: at.top };
      },
      onMarking: (stretch) => {
        marking.value = stretch;
      },
      onZoom: ({ from, to }) => group.zoom({ from: xAt(from), to: xAt(to) }),
      onPan: (pixels) => group.pan(pixels / Math.max(canvas.chart.over.clientWidth, 1)),
      onScale: (factor, around) => {
        const { from, to } = group.view();
        const x = xAt(around);
        group.zoom({ from: x - (x - from) * factor, to: x + (to - x) * factor });
      },
      onReset: () => group.reset(),
    });
    return () => {
      stop();
      drawNoMore(drawNow);
      leave();
      endPress();
      if (pending !== null) clearTimeout(pending);
      resized.disconnect();
      sight.disconnect();
      document.removeEventListener("visibilitychange", draw);
      canvas.destroy();
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
        {children}
        <PlotMenu title={title} lines={shown} group={group} fileName={fileName} />
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
            canvas={drawn.value}
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
