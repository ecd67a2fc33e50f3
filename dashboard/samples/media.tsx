import { Picture, useReadable } from "./picture.tsx";
import { mediaOf, type Sample } from "./sample.ts";

/** Pictures this wide are shown with their pixels sharp. */
const FEW_PIXELS = 128;

/** A sample as large as there is room: a picture, or something to play. */
export function MediaView({ sample }: { sample: Sample }) {
  const { path } = sample;
  if (!path) return <p class="no-picture muted">This sample has no file.</p>;
  switch (mediaOf(sample)) {
    case "picture":
      return (
        <span class={(sample.width ?? 512) <= FEW_PIXELS ? "media few-pixels" : "media"}>
          <Picture path={path} alt={sample.prompt ?? "Sample"} width={sample.width ?? 512} height={sample.height ?? 512} eager />
        </span>
      );
    case "video":
      return <Playable path={path} poster={sample.thumbnail_path ?? null} />;
    case "sound":
      return <Playable path={path} poster={null} sound />;
    case "file":
      return <p class="no-picture muted">A file of a kind that is not shown here; it can be downloaded.</p>;
  }
}

function Playable({ path, poster, sound = false }: { path: string; poster: string | null; sound?: boolean }) {
  const { source, onError } = useReadable(path);
  if (source === null) return <p class="no-picture muted">Not available.</p>;
  // biome-ignore lint/a11y/useMediaCaption: a trainer makes none
  if (sound) return <audio src={source} controls preload="metadata" onError={onError} />;
  return <video src={source} poster={poster ?? undefined} controls loop muted playsInline preload="metadata" onError={onError} />;
}
