/** Some systems take neither of these in a name. */
const UNSAFE = /[\\/:*?"<>|\p{Cc}]+/gu;

/** A browser may ask where to put a file: until then its content is needed. */
const KEPT_MS = 60_000;

/** Hands over a file. @param name may come from outside */
export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replace(UNSAFE, "_").slice(0, 150);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
