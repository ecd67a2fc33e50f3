/** Longest side of a thumbnail, in pixels: a phone shows two in a row. */
const THUMBNAIL_SIDE = 320;

/** A picture that was decoded as a whole. */
export type Picture = { width: number; height: number; thumbnail: Buffer };

export type Decoded = { kind: "picture"; picture: Picture } | { kind: "broken" } | { kind: "no_decoder" };

/**
 * Decodes a picture and makes its thumbnail (WebP). A picture that is not completely written yet is `broken`.
 * Loads sharp at the first call: most of a run has no sample in it.
 */
export async function decodePicture(bytes: Buffer): Promise<Decoded> {
  const sharp = await loadSharp();
  if (!sharp) return { kind: "no_decoder" };
  try {
    const { data, info } = await sharp(bytes, { failOn: "truncated" })
      .autoOrient()
      .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: "inside", withoutEnlargement: true })
      .webp({ quality: 80 })
      .toBuffer({ resolveWithObject: true });
    const { autoOrient } = await sharp(bytes).metadata();
    return {
      kind: "picture",
      picture: { width: autoOrient.width ?? info.width, height: autoOrient.height ?? info.height, thumbnail: data },
    };
  } catch {
    return { kind: "broken" };
  }
}

async function loadSharp(): Promise<typeof import("sharp").default | null> {
  try {
    const { default: sharp } = await import("sharp");
    // The trainer's data loaders need the cores; a sample now and then can wait.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  } catch {
    return null; // no build of it for this platform: samples go without thumbnails
  }
}
