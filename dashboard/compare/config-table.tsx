import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { useMemo } from "preact/hooks";
import { readTheme, theme } from "../chart/theme.ts";
import type { Comparison } from "./address.ts";
import { LookMark } from "./chips.tsx";
import { type ConfigRow, configRows, matching } from "./config-rows.ts";
import { CopyButton } from "./copy-button.tsx";
import type { Cell } from "./flatten.ts";
import { lookOf } from "./look.ts";
import type { RunSource } from "./run-source.ts";
import { Scroller } from "./scroller.tsx";
import { asMarkdown, asTsv } from "./table-text.ts";

/** Longer texts are folded: a prompt list must not push the other runs off the screen. */
const LONG = 60;
/** Rows laid out at once: a configuration has some hundred, and a phone takes its time. */
const ROWS_SHOWN = 300;

export function ConfigTable({ sources, comparison }: { sources: readonly RunSource[]; comparison: Comparison }) {
  const there = sources.filter((source) => source.state.value.kind === "there");
  const infos = there.map((source) => source.view.value.info);
  const all = useSignal(false);
  const wanted = useSignal("");
  const whole = useSignal(false);
  const rows = useMemo(() => configRows(infos), infos);
  if (there.length === 0) return null;
  const differing = rows.filter(({ how }) => how !== "same");
  const shown = matching(all.value ? rows : differing, wanted.value);
  const laid = whole.value ? shown : shown.slice(0, ROWS_SHOWN);
  const names = there.map(({ name }) => name);
  return (
    <section class="panel" aria-label="Configuration">
      <header>
        <h2>Configuration</h2>
        <span class="muted figure">{`${differing.length} of ${rows.length} differ`}</span>
      </header>
      <div class="config-tools">
        <input
          type="search"
          aria-label="Search the configuration"
          placeholder="Search keys and values"
          value={wanted}
          onInput={(event) => {
            wanted.value = event.currentTarget.value;
          }}
        />
        <button
          type="button"
          aria-pressed={all}
          onClick={() => {
            all.value = !all.value;
          }}
        >
          Show equal ones too
        </button>
        <div class="buttons">
          <CopyButton label="Copy as TSV" text={() => asTsv(names, shown)} />
          <CopyButton label="Copy as Markdown" text={() => asMarkdown(names, shown)} />
        </div>
      </div>
      {laid.length === 0 ? (
        <p class="muted">{emptyText(rows.length, there.length, wanted.value)}</p>
      ) : (
        <Table rows={laid} there={there} comparison={comparison} />
      )}
      {laid.length < shown.length && (
        <button
          type="button"
          class="more"
          onClick={() => {
            whole.value = true;
          }}
        >
          {`Show all ${shown.length} rows`}
        </button>
      )}
    </section>
  );
}

function emptyText(rows: number, runs: number, wanted: string): string {
  if (wanted.trim() !== "") return "Nothing matches.";
  if (rows === 0) return "No run told what it was started with.";
  return runs < 2 ? "There is one run: choose another to see what differs." : "Nothing differs.";
}

const HOW_WORDS: Record<ConfigRow["how"], string> = { differs: "Different values", partly: "Only in some runs", same: "The same" };

function Table({ rows, there, comparison }: { rows: readonly ConfigRow[]; there: readonly RunSource[]; comparison: Comparison }) {
  const colors = theme.value ?? readTheme();
  return (
    <Scroller label="Configuration table">
      <table class="configs">
        <thead>
          <tr>
            <th scope="col">Key</th>
            {there.map(({ run, name }) => (
              <th key={run} scope="col">
                <span class="run-cell">
                  <LookMark look={lookOf(comparison.runs.indexOf(run), colors)} />
                  <span class="run-cell-name" title={name}>
                    {name}
                  </span>
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ part, key, cells, how }, index) => (
            <Fragment key={`${part} ${key}`}>
              {rows[index - 1]?.how !== how && (
                <tr class="part">
                  <th scope="rowgroup" colSpan={there.length + 1}>
                    {HOW_WORDS[how]}
                  </th>
                </tr>
              )}
              <tr>
                <th scope="row">{key}</th>
                {cells.map((cell, column) => (
                  <CellOf key={there[column]?.run} cell={cell} />
                ))}
              </tr>
            </Fragment>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

/** A key that is not there, null, and a text are three things. */
function CellOf({ cell }: { cell: Cell | null }) {
  if (cell === null) return <td class="cell-missing" title="This run does not have the key" aria-label="not there" />;
  if (cell.kind === "null") return <td class="absent">null</td>;
  if (cell.kind === "number") return <td class="number">{cell.text}</td>;
  if (cell.text.length <= LONG) return <td>{cell.text}</td>;
  return (
    <td>
      <details class="long">
        <summary>{`${cell.text.slice(0, LONG - 10)}…`}</summary>
        <p>{cell.text}</p>
      </details>
    </td>
  );
}
