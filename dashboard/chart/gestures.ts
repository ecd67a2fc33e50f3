/** What hands do to a plot, in CSS pixels from its left and top edge. */
export type GesturePort = {
  /** null: the pointer has left. */
  onCursor(at: { left: number; top: number } | null): void;
  /** A stretch that is being marked, while it is; null: no longer. */
  onMarking(stretch: { from: number; to: number } | null): void;
  onZoom(stretch: { from: number; to: number }): void;
  onPan(pixels: number): void;
  /** By a factor below 1 closer, around a place. */
  onScale(factor: number, around: number): void;
  onReset(): void;
};

/** Less is a click. */
const MARK_MIN_PX = 6;
/** A finger that rests so long wants to read; one that moves sideways, too. */
const LONG_PRESS_MS = 350;
const SLOP_PX = 8;
const DOUBLE_TAP_MS = 320;
const DOUBLE_TAP_PX = 30;
/** Of a trackpad's pinch, which comes as a wheel with Ctrl. */
const WHEEL_FACTOR = 0.01;

type Finger = { left: number; top: number };
type Mode = "none" | "marking" | "panning" | "reading" | "pinching" | "resting";

/**
 * Mouse: hover reads, drag marks what to zoom to, with Shift it pans, a double click shows everything. Touch: up and down scrolls the page;
 * a long press or a move sideways reads, two fingers zoom and pan, a double tap shows everything.
 * @returns what ends a press that is being waited for; the listeners go with the element
 */
export function listenToHands(over: HTMLElement, port: GesturePort): () => void {
  const fingers = new Map<number, Finger>();
  let mode: Mode = "none";
  let start: Finger = { left: 0, top: 0 };
  let press: ReturnType<typeof setTimeout> | null = null;
  let lastTap: (Finger & { at: number }) | null = null;

  const placeOf = (event: MouseEvent): Finger => {
    const { left, top } = over.getBoundingClientRect();
    return { left: event.clientX - left, top: event.clientY - top };
  };
  const stopPress = () => {
    if (press !== null) clearTimeout(press);
    press = null;
  };
  const pair = () => {
    const [first, second] = [...fingers.values()];
    return first && second ? { middle: (first.left + second.left) / 2, distance: Math.max(Math.abs(first.left - second.left), 10) } : null;
  };

  const down = (event: PointerEvent) => {
    const at = placeOf(event);
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, at);
      stopPress();
      if (fingers.size === 2) {
        mode = "pinching";
        port.onCursor(null);
      } else if (fingers.size === 1) {
        mode = "resting";
        start = at;
        press = setTimeout(() => {
          mode = "reading";
          port.onCursor(start);
        }, LONG_PRESS_MS);
      }
      return;
    }
    if (event.button !== 0) return;
    start = at;
    mode = event.shiftKey ? "panning" : "marking";
    over.setPointerCapture(event.pointerId);
  };

  const move = (event: PointerEvent) => {
    const at = placeOf(event);
    if (event.pointerType === "touch") moveFinger(event.pointerId, at);
    else if (mode === "marking") {
      port.onCursor(at);
      port.onMarking(Math.abs(at.left - start.left) < MARK_MIN_PX ? null : stretchOf(start.left, at.left));
    } else if (mode === "panning") {
      port.onPan(start.left - at.left);
      start = at;
    } else port.onCursor(at);
  };

  const moveFinger = (id: number, at: Finger) => {
    const before = pair();
    if (!fingers.has(id)) return;
    fingers.set(id, at);
    const after = pair();
    if (mode === "pinching" && before && after) {
      if (after.distance !== before.distance) port.onScale(before.distance / after.distance, after.middle);
      if (after.middle !== before.middle) port.onPan(before.middle - after.middle);
    } else if (mode === "resting" && Math.abs(at.left - start.left) > SLOP_PX) {
      stopPress();
      mode = "reading";
    }
    if (mode === "reading") port.onCursor(at);
  };

  const up = (event: PointerEvent) => {
    const at = placeOf(event);
    stopPress();
    if (event.pointerType === "touch") {
      fingers.delete(event.pointerId);
      if (mode === "resting") tap(at, event.timeStamp);
      mode = fingers.size === 0 ? "none" : "resting";
      return;
    }
    if (mode === "marking" && Math.abs(at.left - start.left) >= MARK_MIN_PX) port.onZoom(stretchOf(start.left, at.left));
    port.onMarking(null);
    mode = "none";
  };

  const tap = (at: Finger, time: number) => {
    const isDouble = lastTap && time - lastTap.at < DOUBLE_TAP_MS && Math.abs(at.left - lastTap.left) < DOUBLE_TAP_PX;
    lastTap = isDouble ? null : { ...at, at: time };
    if (isDouble) port.onReset();
    port.onCursor(isDouble ? null : at);
  };

  /** The browser scrolls: the finger was not for us. */
  const cancel = (event: PointerEvent) => {
    stopPress();
    fingers.delete(event.pointerId);
    mode = "none";
    port.onMarking(null);
  };
  const leave = (event: PointerEvent) => {
    if (event.pointerType !== "touch" && mode === "none") port.onCursor(null);
  };
  const double = () => port.onReset();
  const wheel = (event: WheelEvent) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    port.onScale(Math.exp(event.deltaY * WHEEL_FACTOR), placeOf(event).left);
  };
  /** A long press is ours: no menu, and no marked text. */
  const menu = (event: Event) => {
    if (mode === "reading" || fingers.size > 0) event.preventDefault();
  };

  over.addEventListener("pointerdown", down);
  over.addEventListener("pointermove", move);
  over.addEventListener("pointerup", up);
  over.addEventListener("pointercancel", cancel);
  over.addEventListener("pointerleave", leave);
  over.addEventListener("dblclick", double);
  over.addEventListener("wheel", wheel, { passive: false });
  over.addEventListener("contextmenu", menu);
  return stopPress;
}

function stretchOf(a: number, b: number): { from: number; to: number } {
  return { from: Math.min(a, b), to: Math.max(a, b) };
}
