/** How a piece of a terminal's line looks. Colours are 0–15, of the palette in styles/log.css; null is the text's own. */
export type Look = {
  color: number | null;
  ground: number | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
};

export type Piece = { text: string; look: Look };

export const PLAIN: Look = { color: null, ground: null, bold: false, dim: false, italic: false, underline: false, inverse: false };

// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what it looks for: CSI, OSC up to BEL or ST, and what is left alone
const SEQUENCE = /\u001b\[([0-9;:]*)([ -/]*[@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b\[[0-9;:]*$|\u001b[@-Z\\^_]?/g;

/** @returns the text as somebody would read it, without a terminal's control sequences */
export function withoutAnsi(text: string): string {
  return text.includes("\u001b") ? text.replace(SEQUENCE, "") : text;
}

/** @returns the text in pieces of one look each (ECMA-48, SGR); a sequence that is none of colour vanishes */
export function piecesOf(text: string): Piece[] {
  if (!text.includes("\u001b")) return [{ text, look: PLAIN }];
  const pieces: Piece[] = [];
  let look = PLAIN;
  let from = 0;
  const put = (to: number) => {
    if (to > from) pieces.push({ text: text.slice(from, to), look });
  };
  for (const match of text.matchAll(SEQUENCE)) {
    put(match.index);
    from = match.index + match[0].length;
    if (match[2] === "m") look = after(look, match[1] ?? "");
  }
  put(text.length);
  return pieces;
}

function after(look: Look, parameters: string): Look {
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let next = look;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const { color, used } = extended(codes.slice(index + 1));
      next = code === 38 ? { ...next, color } : { ...next, ground: color };
      index += used;
    } else next = simple(next, code);
  }
  return next;
}

function simple(look: Look, code: number): Look {
  if (code >= 30 && code <= 37) return { ...look, color: code - 30 };
  if (code >= 90 && code <= 97) return { ...look, color: code - 82 };
  if (code >= 40 && code <= 47) return { ...look, ground: code - 40 };
  if (code >= 100 && code <= 107) return { ...look, ground: code - 92 };
  switch (code) {
    case 0:
      return PLAIN;
    case 1:
      return { ...look, bold: true };
    case 2:
      return { ...look, dim: true };
    case 3:
      return { ...look, italic: true };
    case 4:
      return { ...look, underline: true };
    case 7:
      return { ...look, inverse: true };
    case 22:
      return { ...look, bold: false, dim: false };
    case 23:
      return { ...look, italic: false };
    case 24:
      return { ...look, underline: false };
    case 27:
      return { ...look, inverse: false };
    case 39:
      return { ...look, color: null };
    case 49:
      return { ...look, ground: null };
    default:
      return look; // an attribute that is not shown
  }
}

/** `5;n` of 256 colours, `2;r;g;b`: taken as the nearest of the sixteen, which can be read on both grounds. */
function extended(rest: readonly number[]): { color: number | null; used: number } {
  const [kind, a = 0, b = 0, c = 0] = rest;
  if (kind === 2) return { color: nearest(a, b, c), used: 4 };
  if (kind !== 5) return { color: null, used: rest.length };
  if (a < 16) return { color: a, used: 2 };
  if (a >= 232) return { color: nearest(8 + (a - 232) * 10, 8 + (a - 232) * 10, 8 + (a - 232) * 10), used: 2 };
  const level = (part: number) => (part === 0 ? 0 : 55 + part * 40);
  const cube = a - 16;
  return { color: nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)), used: 2 };
}

/** The sixteen as xterm has them. */
const SIXTEEN: readonly (readonly [number, number, number])[] = [
  ...([
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
  ] as const),
  ...([
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
  ] as const),
];

function nearest(red: number, green: number, blue: number): number {
  const distance = ([r, g, b]: readonly [number, number, number]) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
  return SIXTEEN.reduce((best, color, index) => (distance(color) < distance(SIXTEEN[best] ?? color) ? index : best), 0);
}
