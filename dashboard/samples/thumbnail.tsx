import { Picture } from "./picture.tsx";
import { mediaOf, type Sample } from "./sample.ts";

const SIGNS = { picture: "▦", video: "▶", sound: "♪", file: "▤" } as const;

/** A small picture of fixed size, read when it comes into sight. What has none gets a sign. */
export function Thumbnail({ sample }: { sample: Sample }) {
  const media = mediaOf(sample);
  const path = sample.thumbnail_path ?? (media === "picture" ? sample.path : null);
  return (
    <span class="frame">
      {path ? (
        <Picture key={path} path={path} alt="" width={sample.width ?? 64} height={sample.height ?? 64} />
      ) : (
        <span class="no-picture">{SIGNS[media]}</span>
      )}
      {path && media !== "picture" && <span class="media-sign">{SIGNS[media]}</span>}
    </span>
  );
}
