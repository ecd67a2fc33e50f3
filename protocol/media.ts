/** What a blob may be, by content: nothing that can hold a script. */
export const MEDIA_TYPES = [
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/gif",
  "video/mp4",
  "video/webm",
  "audio/wav",
  "audio/mpeg",
  "audio/ogg",
  "audio/flac",
] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];
