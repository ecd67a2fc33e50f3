/**
 * Splits terminal output into what it draws and how it moves the cursor, in pieces of any size. Colours (SGR) count as text; every other
 * escape sequence and control character is taken out.
 */
export type Token =
  | { kind: "text"; text: string }
  | { kind: "newline" }
  | { kind: "return" }
  /** The cursor leaves the line, or jumps within it: what is drawn next replaces what stands there. */
  | { kind: "move" }
  | { kind: "backspace" }
  | { kind: "erase_line" };

/** Where the scanner stands between two pieces; `sequence` holds a CSI sequence so far. Plain JSON. */
export type ScannerState = { mode: "ground" | "escape" | "csi" | "string" | "string_escape" | "charset"; sequence: string };

export const initialScanner = (): ScannerState => ({ mode: "ground", sequence: "" });

const ESC = 0x1b;
/** Longer ones are no sequences that anybody sends: dropped, and bounded. */
const SEQUENCE_MAX = 64;
/** CSI finals that move the cursor: up, down, next and previous line, column, position, row, save and restore. */
const MOVES = new Set(["A", "B", "E", "F", "G", "H", "d", "f", "s", "u", "`"]);

/** @returns the tokens of the piece; `state` is changed to where it ends */
export function scan(state: ScannerState, piece: string): Token[] {
  const tokens: Token[] = [];
  const text = (run: string): void => {
    const last = tokens.at(-1);
    if (last?.kind === "text") last.text += run;
    else tokens.push({ kind: "text", text: run });
  };
  let from = 0;
  for (let at = 0; at < piece.length; at++) {
    const code = piece.charCodeAt(at);
    if (state.mode === "ground") {
      if (!isControl(code)) continue;
      if (at > from) text(piece.slice(from, at));
      from = at + 1;
      const token = control(code);
      if (token) tokens.push(token);
      else if (code === 0x09) text("\t");
      else if (code === ESC) state.mode = "escape";
    } else {
      from = at + 1;
      const token = inSequence(state, code, piece.charAt(at));
      if (token?.kind === "text") text(token.text);
      else if (token) tokens.push(token);
      // A control character inside a sequence ends it and means what it always means.
      if (isGround(state) && code < 0x20 && code !== ESC && code !== 0x07) {
        from = at;
        at--;
      }
    }
  }
  if (state.mode === "ground" && from < piece.length) text(piece.slice(from));
  return tokens;
}

const isGround = (state: ScannerState): boolean => state.mode === "ground";
const isControl = (code: number): boolean => code < 0x20 || (code >= 0x7f && code <= 0x9f);

function control(code: number): Token | null {
  switch (code) {
    case 0x0a:
    case 0x0b:
    case 0x0c:
      return { kind: "newline" };
    case 0x0d:
      return { kind: "return" };
    case 0x08:
      return { kind: "backspace" };
    default:
      return null;
  }
}

/** One character while a sequence is open. */
function inSequence(state: ScannerState, code: number, character: string): Token | null {
  switch (state.mode) {
    case "escape":
      return afterEscape(state, code, character);
    case "csi":
      return inCsi(state, code, character);
    case "string":
      // Titles and links: until BEL, or ESC and a backslash.
      if (code === ESC) state.mode = "string_escape";
      else if (code === 0x07 || code === 0x0a || code === 0x0d) state.mode = "ground";
      return null;
    case "string_escape":
      state.mode = code === ESC ? "string_escape" : code === 0x5c ? "ground" : "string";
      return null;
    case "charset":
      state.mode = "ground";
      return null;
    default:
      return null;
  }
}

function afterEscape(state: ScannerState, code: number, character: string): Token | null {
  if (code === ESC) return null;
  state.mode = "ground";
  if (character === "[") {
    state.mode = "csi";
    state.sequence = "";
  } else if ("]PX^_".includes(character)) state.mode = "string";
  else if ("()*+#%".includes(character)) state.mode = "charset";
  else if ("78MDE".includes(character)) return { kind: "move" };
  return null;
}

function inCsi(state: ScannerState, code: number, character: string): Token | null {
  if (code === ESC) {
    state.mode = "escape";
    return null;
  }
  const { sequence } = state;
  if (code >= 0x20 && code <= 0x3f) {
    if (sequence.length < SEQUENCE_MAX) state.sequence += character;
    else state.mode = "ground";
    return null;
  }
  state.mode = "ground";
  state.sequence = "";
  if (MOVES.has(character)) return { kind: "move" };
  if (character === "K" && (sequence === "1" || sequence === "2")) return { kind: "erase_line" };
  if (character === "C") return { kind: "text", text: " ".repeat(Math.min(Number(sequence) || 1, 200)) };
  if (character === "m" && onlyColours(sequence)) return { kind: "text", text: `\u001b[${sequence}m` };
  return null;
}

const onlyColours = (sequence: string): boolean => [...sequence].every((character) => "0123456789;:".includes(character));
