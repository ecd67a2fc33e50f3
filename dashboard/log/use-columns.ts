import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** Of the time at a line's beginning, its gap, and the box's own edges; as styles/log.css has them, in pixels. */
const TIME_PX = 74;
const EDGES_PX = 12;
const PROBE = 100;

/** @returns how many characters fit a row of the box: its font has one width for all */
export function useColumns(box: RefObject<HTMLElement | null>, time: boolean): number {
  const [columns, setColumns] = useState(80);
  useLayoutEffect(() => {
    const { current } = box;
    if (!current) return;
    const measure = () => {
      const probe = document.createElement("span");
      probe.textContent = "0".repeat(PROBE);
      probe.className = "log-probe";
      current.append(probe);
      const { width } = probe.getBoundingClientRect();
      probe.remove();
      if (width > 0) setColumns(Math.max(10, Math.floor((current.clientWidth - EDGES_PX - (time ? TIME_PX : 0)) / (width / PROBE))));
    };
    measure();
    const sized = new ResizeObserver(measure);
    sized.observe(current);
    return () => sized.disconnect();
  }, [box, time]);
  return columns;
}
