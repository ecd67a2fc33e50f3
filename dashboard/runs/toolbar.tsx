import type { RunSummary } from "../../protocol/index.ts";
import { count } from "../time/format.ts";
import { type Choice, KINDS, kindOf, ORDERS, type Order } from "./select.ts";

/** Search, status and order. */
export function Toolbar({ runs, choice, onChoice }: { runs: readonly RunSummary[]; choice: Choice; onChoice: (choice: Choice) => void }) {
  return (
    <div class="runs-tools">
      <input
        type="search"
        placeholder="Search by name, id or owner"
        aria-label="Search runs"
        data-shortcut="/"
        value={choice.query}
        onInput={(event) => onChoice({ ...choice, query: event.currentTarget.value })}
      />
      <fieldset class="buttons kinds" aria-label="Status">
        {KINDS.map(({ kind, name }) => {
          const found = runs.filter((run) => kindOf(run) === kind).length;
          return (
            <button
              key={kind}
              type="button"
              class="quiet small"
              aria-pressed={choice.kind === kind}
              disabled={found === 0 && choice.kind !== kind}
              onClick={() => onChoice({ ...choice, kind: choice.kind === kind ? null : kind })}
            >
              {name} <span class="figure">{count(found)}</span>
            </button>
          );
        })}
      </fieldset>
      <select
        aria-label="Order"
        value={choice.order}
        onChange={(event) => onChoice({ ...choice, order: event.currentTarget.value as Order })}
      >
        {ORDERS.map(({ order, name }) => (
          <option key={order} value={order}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
