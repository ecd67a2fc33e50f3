import { signal } from "@preact/signals";

/** The present time, in milliseconds since 1970, once a second while the page is seen: what "12 s ago" counts by. */
export const now = signal(Date.now());

function tick(): void {
  now.value = Date.now();
}

let timer: ReturnType<typeof setInterval> | null = null;

function followVisibility(): void {
  if (timer !== null) clearInterval(timer);
  timer = document.hidden ? null : setInterval(tick, 1000);
  tick();
}

document.addEventListener("visibilitychange", followVisibility);
followVisibility();
