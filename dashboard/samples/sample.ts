import type { EventOf } from "../../protocol/index.ts";

export type Sample = EventOf<"sample_generated">;

/** What a page keeps of what samples are, a few hundred bytes each; their pictures come and go. Older ones stay on the relay. */
export const SAMPLES_MAX = 5000;

/** @returns the samples, newest first, each once */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  if (samples.some((each) => each.sample_id === sample.sample_id)) return samples;
  const rank = order(sample);
  const before = samples.findIndex((each) => order(each) <= rank);
  return (before < 0 ? [...samples, sample] : samples.toSpliced(before, 0, sample)).slice(0, SAMPLES_MAX);
}

/** Offsets first: a resumed run goes back to earlier steps, and is newer all the same. */
export function order(sample: Sample): number {
  return sample.offset ?? sample.step ?? 0;
}

export type Media = "picture" | "video" | "sound" | "file";

/** By what the agent found in the file; without it a picture, which is what trainers make. */
export function mediaOf({ media_type }: Pick<Sample, "media_type">): Media {
  if (!media_type || media_type.startsWith("image/")) return "picture";
  if (media_type.startsWith("video/")) return "video";
  return media_type.startsWith("audio/") ? "sound" : "file";
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  ...{ "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif" },
  ...{ "video/mp4": "mp4", "video/webm": "webm" },
  ...{ "audio/wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/flac": "flac" },
};

/** @returns a file's name that says whence it is: run, step, and the beginning of its prompt */
export function fileName(run: string, { step, prompt, media_type }: Sample): string {
  const words = (prompt ?? "sample")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return `${[run, step ?? "", words].filter((part) => part !== "").join("-")}.${EXTENSIONS[media_type ?? "image/png"] ?? "bin"}`;
}
