import { effect, type ReadonlySignal, type Signal } from "@preact/signals";
import { drawNoMore, drawSoon } from "./draw-queue.ts";
import { listenToHands } from "./gestures.ts";
import type { Marker } from "./markers.ts";
import { PlotCanvas } from "./plot-canvas.ts";
import type { PlotGroup } from "./plot-group.ts";
import type { PlotLine } from "./plot-line.ts";
import type { ChartTheme } from "./theme.ts";

/** Figures beside the curves change so often, in milliseconds: faster nobody reads. */
const FIGURES_MS = 250;
/** A plot that is about to be scrolled into sight is drawn already. */
const NEAR = { rootMargin: "120px" };

export type PlotParts = {
  identity: object;
  group: PlotGroup;
  colors: ChartTheme;
  /** In CSS pixels. */
  height: number;
  /** What is drawn, read at each drawing. */
  latest: { current: { title: string; shown: readonly PlotLine[]; markers: readonly Marker[] } };
  version: ReadonlySignal<number>;
  /** Rises when figures may be read anew. */
  figures: Signal<number>;
  marking: Signal<{ from: number; to: number } | null>;
};

/** `draw`: soon, and where it is seen. */
export type MountedPlot = { canvas: PlotCanvas; draw: () => void; unmount: () => void };

/** Puts a drawing into the page that follows its group and its lines, but only while it is seen: a phone's battery pays for every frame. */
export function mountPlot(place: HTMLElement, parts: PlotParts): MountedPlot {
  const { identity, group, colors, height, latest, version, figures } = parts;
  const size = () => ({ width: Math.max(place.clientWidth, 120), height });
  const source = { lines: () => latest.current.shown, markers: () => latest.current.markers };
  const canvas = new PlotCanvas(place, size(), group, source, colors);
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
  const sight = new IntersectionObserver((entries) => {
    const now = entries.at(-1)?.isIntersecting ?? true;
    if (now === seen) return;
    seen = now;
    group.sight.value += 1;
    draw();
  }, NEAR);
  sight.observe(place);
  document.addEventListener("visibilitychange", draw);
  const leave = group.join({
    identity,
    title: latest.current.title,
    lines: source.lines,
    isSeen: () => seen,
    picture: () => {
      canvas.draw();
      const entries = source.lines().map(({ name, color, dash, points = false }) => ({ name, color, dash, points }));
      return { canvas: canvas.chart.ctx.canvas, entries };
    },
  });
  const endPress = listenToHands(canvas.chart.over, handsOn(canvas, parts));
  return {
    canvas,
    draw,
    unmount: () => {
      stop();
      drawNoMore(drawNow);
      leave();
      endPress();
      if (pending !== null) clearTimeout(pending);
      resized.disconnect();
      sight.disconnect();
      document.removeEventListener("visibilitychange", draw);
      canvas.destroy();
    },
  };
}

/** What hands do, as what it means for all plots of the group. */
function handsOn(canvas: PlotCanvas, { identity, group, marking }: PlotParts): Parameters<typeof listenToHands>[1] {
  const width = () => Math.max(canvas.chart.over.clientWidth, 1);
  const xAt = (left: number) => {
    const { from, to } = group.view();
    return from + (left / width()) * (to - from);
  };
  return {
    onCursor: (at) => {
      group.cursor.value = at && { x: xAt(at.left), owner: identity, top: at.top };
    },
    onMarking: (stretch) => {
      marking.value = stretch;
    },
    onZoom: ({ from, to }) => group.zoom({ from: xAt(from), to: xAt(to) }),
    onPan: (pixels) => group.pan(pixels / width()),
    onScale: (factor, around) => {
      const { from, to } = group.view();
      const x = xAt(around);
      group.zoom({ from: x - (x - from) * factor, to: x + (to - x) * factor });
    },
    onReset: () => group.reset(),
  };
}
