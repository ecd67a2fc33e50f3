/** Of a frame of 16 ms, for all plots together: what is drawn has to be put on the screen too, which takes longer. */
const BUDGET_MS = 4;

const waiting = new Set<() => void>();

/** Draws in the next frame, once however often it is asked; where many plots wait, in the frames after it, so that none is late. */
export function drawSoon(draw: () => void): void {
  if (waiting.size === 0) requestAnimationFrame(drawSome);
  waiting.add(draw);
}

export function drawNoMore(draw: () => void): void {
  waiting.delete(draw);
}

function drawSome(): void {
  const end = performance.now() + BUDGET_MS;
  for (const draw of waiting) {
    waiting.delete(draw);
    draw();
    if (performance.now() >= end) break;
  }
  if (waiting.size > 0) requestAnimationFrame(drawSome);
}
