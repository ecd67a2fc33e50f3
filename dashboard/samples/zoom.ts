/** How a picture lies on its stage: enlarged by `scale`, its middle moved by (x, y) pixels of the screen. */
export type Zoom = { scale: number; x: number; y: number };

/** The whole picture, as large as the stage takes it. */
export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
/** So that a pixel of a small picture becomes a square that one can look at. */
const SCALE_MAX = 32;

type Size = { width: number; height: number };

/** Enlarges around a point that stays where it is. @param at from the middle of the stage, in pixels */
export function zoomed(zoom: Zoom, factor: number, at: { x: number; y: number }, stage: Size): Zoom {
  const scale = Math.min(SCALE_MAX, Math.max(1, zoom.scale * factor));
  const ratio = scale / zoom.scale;
  return within({ scale, x: at.x - (at.x - zoom.x) * ratio, y: at.y - (at.y - zoom.y) * ratio }, stage);
}

export function moved(zoom: Zoom, by: { x: number; y: number }, stage: Size): Zoom {
  return within({ ...zoom, x: zoom.x + by.x, y: zoom.y + by.y }, stage);
}

/** The picture cannot be pushed off the stage. */
function within({ scale, x, y }: Zoom, { width, height }: Size): Zoom {
  const clamp = (value: number, most: number) => Math.min(most, Math.max(-most, value));
  return { scale, x: clamp(x, (width * (scale - 1)) / 2), y: clamp(y, (height * (scale - 1)) / 2) };
}
