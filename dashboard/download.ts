import { readBlob } from "./samples/picture.tsx";

/** Some systems take neither of these in a name. */
const UNSAFE = /[\\/:*?"<>|\p{Cc}]+/gu;

/** A browser may ask where to put a file: until then its content is needed. */
const KEPT_MS = 60_000;

/** Hands over a file. @param name may come from outside */
export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  offer(name, url);
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

/**
 * Hands over something of the relay, read with the token: where the browser keeps no cookie a plain link would be refused. What cannot be
 * read is left to the browser, which says so.
 */
export async function downloadFrom(path: string, name: string): Promise<void> {
  const content = await readBlob(path);
  if (content === null) offer(name, path);
  else download(name, content);
}

function offer(name: string, url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replace(UNSAFE, "_").slice(0, 150);
  link.click();
}
