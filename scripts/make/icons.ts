/** `node scripts/launch.js scripts/make/icons.ts`: the page's icons for home screens, from its favicon.svg. They are committed. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { ROOT } from "../root.ts";

const PUBLIC = join(ROOT, "dashboard", "public");
const GROUND = "#14181d";

/**
 * `bleed`: the ground reaches every edge, because the platform cuts the shape out. `scale` of the sign: a maskable icon may be cut to a
 * circle of 80 % of its width.
 */
const ICONS = [
  { name: "icon-192.png", size: 192, bleed: false, scale: 1 },
  { name: "icon-512.png", size: 512, bleed: false, scale: 1 },
  { name: "maskable-192.png", size: 192, bleed: true, scale: 0.82 },
  { name: "maskable-512.png", size: 512, bleed: true, scale: 0.82 },
  { name: "apple-touch-icon.png", size: 180, bleed: true, scale: 0.92 },
] as const;

function drawn(favicon: string, icon: (typeof ICONS)[number]): string {
  if (!icon.bleed) return favicon;
  const sign = favicon.replace(/^[\s\S]*<\/title>/, "").replace("</svg>", "");
  const about = `translate(16 16) scale(${icon.scale}) translate(-16 -16)`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" fill="${GROUND}"/><g transform="${about}">${sign}</g></svg>`;
}

const favicon = readFileSync(join(PUBLIC, "favicon.svg"), "utf8");
mkdirSync(join(PUBLIC, "icons"), { recursive: true });
for (const icon of ICONS) {
  // A viewBox of 32 units is 32 pixels at 72 dpi.
  const density = (72 * icon.size) / 32;
  await sharp(Buffer.from(drawn(favicon, icon)), { density })
    .resize(icon.size, icon.size)
    .png({ palette: true, compressionLevel: 9 })
    .toFile(join(PUBLIC, "icons", icon.name));
}
