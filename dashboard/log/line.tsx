import { clockWithSeconds } from "../time/format.ts";
import { type Look, type Piece, piecesOf } from "./ansi.ts";
import { type Search, spansOf } from "./filter.ts";
import type { LogLine } from "./log-buffer.ts";

/** One line. All of it is text, whatever it holds. */
export function Line({ line, search, current, time }: { line: LogLine; search: Search; current: boolean; time: boolean }) {
  const classes = ["line", line.level, line.bar === null ? "" : "bar-line", current ? "current" : ""].filter((name) => name !== "");
  const loud = line.level === "warning" || line.level === "error" || line.level === "critical";
  return (
    <div class={classes.join(" ")} data-key={line.key}>
      {time && (
        <time class="figure" dateTime={line.timestamp} title={`${line.timestamp}${line.source === null ? "" : `, ${line.source}`}`}>
          {clockWithSeconds(line.timestamp)}
        </time>
      )}
      <span class="text">
        {loud && <span class="sr-only">{line.level}: </span>}
        {marked(piecesOf(line.raw), spansOf(line.text, search)).map((piece, index) =>
          piece.mark ? (
            <mark key={index} class={classOf(piece.look)}>
              {piece.text}
            </mark>
          ) : (
            <span key={index} class={classOf(piece.look)}>
              {piece.text}
            </span>
          ),
        )}
      </span>
    </div>
  );
}

/** Cuts the pieces where a match begins or ends. */
function marked(pieces: readonly Piece[], spans: readonly { from: number; to: number }[]): (Piece & { mark: boolean })[] {
  if (spans.length === 0) return pieces.map((piece) => ({ ...piece, mark: false }));
  const cuts: (Piece & { mark: boolean })[] = [];
  let at = 0;
  for (const { text, look } of pieces) {
    const end = at + text.length;
    const edges = spans.flatMap(({ from, to }) => [from, to]).filter((edge) => edge > at && edge < end);
    for (const [index, edge] of [at, ...edges].entries()) {
      const until = edges[index] ?? end;
      if (until > edge) {
        cuts.push({ text: text.slice(edge - at, until - at), look, mark: spans.some(({ from, to }) => from <= edge && until <= to) });
      }
    }
    at = end;
  }
  return cuts;
}

/** Classes of styles/log.css: the page's policy allows no style of its own. */
function classOf({ color, ground, bold, dim, italic, underline, inverse }: Look): string | undefined {
  const names = [
    color === null ? null : `ansi-${color}`,
    ground === null ? null : `on-ansi-${ground}`,
    bold ? "bold" : null,
    dim ? "dim" : null,
    italic ? "italic" : null,
    underline ? "underline" : null,
    inverse ? "inverse" : null,
  ].filter((name) => name !== null);
  return names.length === 0 ? undefined : names.join(" ");
}
