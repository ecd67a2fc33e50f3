import { download } from "../download.ts";
import { scaled } from "./paint.ts";
import type { PlotMember, PlotPicture } from "./plot-group.ts";
import { readTheme } from "./theme.ts";

/** Longer ones some browsers refuse, in canvas pixels. */
const CANVAS_MAX = 16_000;
/** In CSS pixels. */
const MARGIN = 16;
const TITLE_HEIGHT = 22;
const LEGEND_LINE = 18;
const SWATCH = 22;

type Layout = { title: string; canvas: HTMLCanvasElement; rows: PlotPicture["entries"][]; height: number };

/** Saves plots below each other, as they are on the screen, with their titles and what their lines are called, on the page's ground. */
export async function savePicture(fileName: string, heading: string, members: readonly PlotMember[]): Promise<void> {
  const canvas = pictureOf(heading, members);
  const content = canvas && (await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png")));
  if (content) download(fileName, content);
}

function pictureOf(heading: string, members: readonly PlotMember[]): HTMLCanvasElement | null {
  const canvas = document.createElement("canvas");
  const ctx = canvas.getContext("2d");
  if (!ctx || members.length === 0) return null;
  const theme = readTheme();
  const ratio = devicePixelRatio;
  const font = scaled(theme.font, 1);
  ctx.font = font;
  const pictures = members.flatMap((member) => {
    const { canvas: drawn, entries } = member.picture();
    return drawn instanceof HTMLCanvasElement ? [{ title: member.title, canvas: drawn, entries }] : [];
  });
  const width = Math.max(...pictures.map((picture) => picture.canvas.width / ratio));
  const layouts = pictures.map(({ title, canvas: drawn, entries }): Layout => {
    const rows = rowsOf(ctx, entries, width);
    return { title, canvas: drawn, rows, height: TITLE_HEIGHT + rows.length * LEGEND_LINE + drawn.height / ratio + MARGIN };
  });
  const height = layouts.reduce((sum, each) => sum + each.height, 2 * MARGIN + TITLE_HEIGHT);
  const scale = Math.min(ratio, CANVAS_MAX / height);
  canvas.width = Math.round((width + 2 * MARGIN) * scale);
  canvas.height = Math.round(height * scale);
  ctx.scale(scale, scale);
  ctx.fillStyle = theme.ground;
  ctx.fillRect(0, 0, width + 2 * MARGIN, height);
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.ink;
  ctx.font = font.replace(/^\d+px/, "600 14px");
  ctx.fillText(heading, MARGIN, MARGIN + TITLE_HEIGHT / 2, width);
  let top = MARGIN + TITLE_HEIGHT;
  for (const layout of layouts) {
    drawLayout(ctx, layout, top, { width, font, ink: theme.ink, muted: theme.text });
    top += layout.height;
  }
  return canvas;
}

function drawLayout(
  ctx: CanvasRenderingContext2D,
  { title, canvas, rows }: Layout,
  top: number,
  look: { width: number; font: string; ink: string; muted: string },
): void {
  ctx.fillStyle = look.ink;
  ctx.font = look.font.replace(/^\d+px/, "600 12px");
  ctx.fillText(title, MARGIN, top + TITLE_HEIGHT / 2, look.width);
  ctx.font = look.font;
  ctx.fillStyle = look.muted;
  for (const [row, entries] of rows.entries()) {
    const y = top + TITLE_HEIGHT + (row + 0.5) * LEGEND_LINE;
    let x = MARGIN;
    for (const { name, color, dash, points } of entries) {
      ctx.strokeStyle = color;
      ctx.lineWidth = 2;
      ctx.setLineDash([...dash]);
      ctx.beginPath();
      if (points) ctx.arc(x + 8, y, 3, 0, 2 * Math.PI);
      else {
        ctx.moveTo(x, y);
        ctx.lineTo(x + SWATCH - 5, y);
      }
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.fillText(name, x + SWATCH, y, look.width - SWATCH);
      x += entryWidth(ctx, name);
    }
  }
  const ratio = devicePixelRatio;
  ctx.drawImage(canvas, MARGIN, top + TITLE_HEIGHT + rows.length * LEGEND_LINE, canvas.width / ratio, canvas.height / ratio);
}

/** What the lines are called, in rows that fit. */
function rowsOf(ctx: CanvasRenderingContext2D, entries: PlotPicture["entries"], width: number): PlotPicture["entries"][] {
  const rows: PlotPicture["entries"][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const own = entryWidth(ctx, entry.name);
    if (used + own > width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)?.push(entry);
    used += own;
  }
  return rows;
}

function entryWidth(ctx: CanvasRenderingContext2D, name: string): number {
  return SWATCH + ctx.measureText(name).width + 16;
}
