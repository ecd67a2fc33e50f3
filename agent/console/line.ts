import { LOG_LINE_MAX } from "../../protocol/limits.ts";
import { unreachable } from "../translate/unreachable.ts";
import { withoutColours } from "./plain-text.ts";
import type { Token } from "./scanner.ts";

/** The line that is being drawn. Its text is bounded; `bytes` counts all of it. Plain JSON. */
export type LineState = {
  text: string;
  bytes: number;
  /** A carriage return came last: the next text replaces this line, a newline only ends it. */
  returned: boolean;
  /** The line stands where another one stood. */
  redraws: boolean;
};

/** A line as it stood when the cursor left it: for good (`newline`, `end`), or to draw over it (`return`), or elsewhere (`move`). */
export type Drawn = { text: string; bytes: number; left_by: "newline" | "return" | "move" | "end"; redraws: boolean };

export const initialLine = (): LineState => ({ text: "", bytes: 0, returned: false, redraws: false });

/** Draws one token. @returns the line that it ended, or null */
export function draw(line: LineState, token: Token): Drawn | null {
  switch (token.kind) {
    case "text": {
      const replaced = line.returned ? leave(line, "return") : null;
      append(line, token.text);
      return replaced;
    }
    case "newline":
      return leave(line, "newline");
    case "return":
      line.returned = true;
      return null;
    case "move":
      return leave(line, "move");
    case "backspace":
      // Past the bound the last characters are not kept, so none can be taken back.
      if (line.bytes <= LOG_LINE_MAX && !line.returned) {
        const last = line.text.length - (isLowSurrogate(line.text.charCodeAt(line.text.length - 1)) ? 2 : 1);
        line.bytes -= Buffer.byteLength(line.text.slice(last));
        line.text = line.text.slice(0, last);
      }
      return null;
    case "erase_line":
      line.text = "";
      line.bytes = 0;
      line.redraws = true;
      return null;
    default:
      return unreachable(token);
  }
}

/** Ends the line that is being drawn. @returns it, or null where nothing can be seen on it */
export function leave(line: LineState, left_by: Drawn["left_by"]): Drawn | null {
  const { text, bytes, redraws } = line;
  const visible = isVisible(line);
  line.text = "";
  line.bytes = 0;
  line.returned = false;
  line.redraws = left_by === "newline" ? false : redraws || visible || left_by === "move";
  return visible ? { text, bytes, left_by, redraws } : null;
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** @returns whether the line shows anything: spaces and colours alone are a bar's layout */
export function isVisible({ text }: LineState): boolean {
  return withoutColours(text).trim() !== "";
}

function append(line: LineState, text: string): void {
  line.bytes += Buffer.byteLength(text);
  if (line.text.length < LOG_LINE_MAX) line.text += text.slice(0, LOG_LINE_MAX - line.text.length);
}
