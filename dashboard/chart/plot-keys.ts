import { figure } from "../time/format.ts";
import type { PlotGroup } from "./plot-group.ts";
import { type PlotLine, placesOf } from "./plot-line.ts";
import { readingsAt } from "./readings.ts";
import { placeText } from "./x-ticks.ts";

/** Parts of what is seen: of an arrow key, of one with Shift, and of plus and minus. */
const STEP = 0.01;
const FAR = 0.1;
const CLOSER = 0.7;
/** Lines that are read out. */
const SPOKEN_MAX = 4;

/** Arrows move the cursor, Home and End to the ends, plus and minus zoom, 0 shows everything, Escape lets go. */
export function keyOnPlot(event: KeyboardEvent, lines: readonly PlotLine[], group: PlotGroup, owner: object): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const view = group.view();
  const width = view.to - view.from;
  const at = group.cursor.peek()?.x ?? view.to;
  const put = (x: number) => {
    group.cursor.value = { x: Math.min(Math.max(x, view.from), view.to), owner, top: null };
  };
  const by = (direction: number) => put(nextPlace(lines, group, at, direction, width * (event.shiftKey ? FAR : STEP)));
  const scale = (factor: number) => group.zoom({ from: at - (at - view.from) * factor, to: at + (view.to - at) * factor });
  switch (event.key) {
    case "ArrowLeft":
      by(-1);
      break;
    case "ArrowRight":
      by(1);
      break;
    case "Home":
      put(view.from);
      break;
    case "End":
      put(view.to);
      break;
    case "+":
    case "=":
      scale(CLOSER);
      break;
    case "-":
      scale(1 / CLOSER);
      break;
    case "0":
      group.reset();
      break;
    case "Escape":
      if (group.cursor.peek() === null) return;
      group.cursor.value = null;
      break;
    default:
      return;
  }
  event.preventDefault();
}

/** The next entry in a direction, at least so far away that the key gets on. */
function nextPlace(lines: readonly PlotLine[], group: PlotGroup, at: number, direction: number, least: number): number {
  const [reading] = readingsAt(lines.slice(0, 1), group, at);
  if (!reading) return at + direction * least;
  const { trace, index } = reading.place;
  const places = placesOf(trace, group.x());
  for (let next = index; next >= 0 && next < places.length; next += direction) {
    const place = places[next] ?? at;
    if ((place - at) * direction >= least) return place;
  }
  return at + direction * least;
}

/** @returns the cursor, as a slider says it */
export function spokenValue(lines: readonly PlotLine[], group: PlotGroup) {
  const view = group.view();
  const cursor = group.cursor.value;
  const x = cursor?.x ?? view.to;
  const values = readingsAt(lines.slice(0, SPOKEN_MAX), group, cursor?.x ?? null).map(({ line, raw }) => `${line.name} ${figure(raw)}`);
  const text = [placeText(group.x(), x, group.origin.value), ...values].join(", ");
  return { "aria-valuemin": view.from, "aria-valuemax": view.to, "aria-valuenow": x, "aria-valuetext": text };
}
