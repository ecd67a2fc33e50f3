import type { Sign, SignState } from "./sign.ts";

/** In pixels; browsers scale it down. */
const SIZE = 64;
const WIDTH = 9;
/** Seen on light and dark tab strips: no colour of the page's own scheme fits both. */
const COLOURS: Record<SignState, string> = {
  going: "#2b95d6",
  paused: "#d9930d",
  error: "#e0432b",
  done: "#18a07a",
  stopped: "#7d8791",
  away: "#7d8791",
};
const TRACK = "rgb(128 136 145 / 35%)";

let shown: string | null = null;

/** Makes a picture of the sign the tab's icon. */
export function showFavicon(sign: Sign): void {
  const canvas = document.createElement("canvas");
  canvas.width = SIZE;
  canvas.height = SIZE;
  const context = canvas.getContext("2d");
  if (context === null) return;
  draw(context, sign);
  canvas.toBlob((picture) => {
    // The page's content security policy has no `data:` addresses.
    if (picture !== null) setIcon(URL.createObjectURL(picture), "image/png");
  });
}

export function restoreFavicon(): void {
  setIcon("/favicon.svg", "image/svg+xml");
}

function setIcon(url: string, type: string): void {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (link === null) return;
  link.type = type;
  link.href = url;
  if (shown !== null) URL.revokeObjectURL(shown);
  shown = url.startsWith("blob:") ? url : null;
}

function draw(context: CanvasRenderingContext2D, { state, percent }: Sign): void {
  const middle = SIZE / 2;
  const radius = (SIZE - WIDTH) / 2 - 1;
  const share = state === "done" ? 1 : (percent ?? 0) / 100;
  context.lineWidth = WIDTH;
  context.strokeStyle = TRACK;
  context.beginPath();
  context.arc(middle, middle, radius, 0, 2 * Math.PI);
  context.stroke();
  context.strokeStyle = COLOURS[state];
  context.fillStyle = COLOURS[state];
  context.beginPath();
  context.arc(middle, middle, radius, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
  context.stroke();
  drawState(context, state);
}

/** A sign of its own for each state: colour alone is not seen by all. */
function drawState(context: CanvasRenderingContext2D, state: SignState): void {
  context.lineWidth = 7;
  context.lineCap = "round";
  switch (state) {
    case "going":
    case "away":
      context.beginPath();
      context.arc(32, 32, state === "going" ? 10 : 5, 0, 2 * Math.PI);
      context.fill();
      return;
    case "paused":
      lines(context, [25, 23, 25, 41], [39, 23, 39, 41]);
      return;
    case "error":
      lines(context, [24, 24, 40, 40], [40, 24, 24, 40]);
      return;
    case "done":
      lines(context, [22, 33, 29, 40], [29, 40, 43, 25]);
      return;
    case "stopped":
      context.fillRect(23, 23, 18, 18);
      return;
    default:
      state satisfies never;
  }
}

function lines(context: CanvasRenderingContext2D, ...ends: [number, number, number, number][]): void {
  for (const [fromX, fromY, toX, toY] of ends) {
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.lineTo(toX, toY);
    context.stroke();
  }
}
