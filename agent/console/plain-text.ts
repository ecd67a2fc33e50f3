import { LOG_LINE_MAX } from "../../protocol/limits.ts";
import { cutText } from "../translate/cut-text.ts";
import { initialScanner, scan } from "./scanner.ts";

/**
 * @param text anything that a program wrote as one message
 * @returns its lines as log events carry them: no control characters but tabs and colours, none empty, each within the limit
 */
export function plainLines(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const token of scan(initialScanner(), `${text}\n`)) {
    if (token.kind === "text") line += token.text;
    else if (token.kind !== "backspace") {
      lines.push(line);
      line = "";
    }
  }
  return lines.filter((line) => withoutColours(line).trim() !== "").map((line) => cutText(line, LOG_LINE_MAX));
}

/** @returns the text without colours, as it is compared and read by rules. */
export function withoutColours(text: string): string {
  if (!text.includes("\u001b")) return text;
  return text
    .split("\u001b[")
    .map((part, index) => (index === 0 ? part : part.slice(part.indexOf("m") + 1)))
    .join("");
}
