import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { moved, WHOLE, type Zoom, zoomed } from "./zoom.ts";

type Props = {
  zoom: Zoom;
  onZoom: (zoom: Zoom) => void;
  /** A flick to a side while the picture is whole. */
  onFlick?: ((side: "left" | "right") => void) | undefined;
  children: ComponentChildren;
};

type Point = { x: number; y: number };

const WHEEL_STEP = 1.0015;
const DOUBLE_SCALE = 3;
const FLICK_PX = 60;

/** Where a picture is looked at: the wheel, two fingers and a double click enlarge it, a drag moves it. */
export function Stage({ zoom, onZoom, onFlick, children }: Props) {
  const stage = useRef<HTMLDivElement>(null);
  const pointers = useRef(new Map<number, Point>());
  const began = useRef<Point | null>(null);

  const size = () => ({ width: stage.current?.clientWidth ?? 1, height: stage.current?.clientHeight ?? 1 });
  const fromMiddle = ({ x, y }: Point): Point => {
    const box = stage.current?.getBoundingClientRect();
    return box ? { x: x - box.left - box.width / 2, y: y - box.top - box.height / 2 } : { x: 0, y: 0 };
  };
  const latest = useRef({ zoom, onZoom });
  latest.current = { zoom, onZoom };

  // Not as an attribute: a wheel listener that may prevent scrolling has to say so.
  useEffect(() => {
    const { current } = stage;
    if (!current) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { zoom: now, onZoom: tell } = latest.current;
      tell(zoomed(now, WHEEL_STEP ** -event.deltaY, fromMiddle({ x: event.clientX, y: event.clientY }), size()));
    };
    current.addEventListener("wheel", onWheel, { passive: false });
    return () => current.removeEventListener("wheel", onWheel);
  }, []);

  const onPointerDown = (event: PointerEvent) => {
    // The divider of a comparison takes its own.
    if (event.target instanceof Element && event.target.closest("[role=slider], button, video, audio, a")) return;
    stage.current?.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    began.current = pointers.current.size === 1 ? { x: event.clientX, y: event.clientY } : null;
  };
  const onPointerMove = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    pointers.current.set(event.pointerId, now);
    if (other) {
      const distance = (point: Point) => Math.hypot(point.x - other.x, point.y - other.y) || 1;
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      onZoom(zoomed(zoom, distance(now) / distance(before), fromMiddle(middle), size()));
    } else if (zoom.scale > 1) onZoom(moved(zoom, { x: now.x - before.x, y: now.y - before.y }, size()));
  };
  const onPointerUp = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId);
    const from = began.current;
    began.current = null;
    if (!from || zoom.scale > 1 || event.type === "pointercancel") return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (Math.abs(x) > FLICK_PX && Math.abs(x) > 2 * Math.abs(y)) onFlick?.(x < 0 ? "left" : "right");
  };
  const onDblClick = (event: MouseEvent) => {
    onZoom(zoom.scale > 1 ? WHOLE : zoomed(zoom, DOUBLE_SCALE, fromMiddle({ x: event.clientX, y: event.clientY }), size()));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys for the same are the dialog's
    <div
      class={zoom.scale > 1 ? "stage enlarged" : "stage"}
      ref={stage}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={onPointerUp}
      onDblClick={onDblClick}
    >
      {children}
    </div>
  );
}

export function transformOf({ scale, x, y }: Zoom): { transform: string } {
  return { transform: `translate(${x}px, ${y}px) scale(${scale})` };
}
