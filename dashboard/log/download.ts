import type { LogLine } from "./log-buffer.ts";
import { textOf } from "./log-text.ts";

/** Offers the lines as a file. */
export function download(run: string, lines: readonly LogLine[]): void {
  const url = URL.createObjectURL(new Blob([textOf(lines)], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${run}.log`;
  link.click();
  // The browser reads it in its own time.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
