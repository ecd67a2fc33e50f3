import { useEffect, useMemo, useState } from "preact/hooks";
import { follow, setAddress } from "../router.ts";
import { account, signOut, whyOut } from "../session/session.ts";
import { type Comparison, comparePath, RUNS_MAX, readComparison } from "./address.ts";
import { Chips } from "./chips.tsx";
import { CompareCharts } from "./compare-charts.tsx";
import { CompareStore } from "./compare-store.ts";
import { ConfigTable } from "./config-table.tsx";
import { PickerButton, RunPicker } from "./picker.tsx";
import { SamplesTable } from "./samples-table.tsx";
import { Summary } from "./summary.tsx";

/** Runs side by side. What is shown stands in the address, and nowhere else. @param search the address's query */
export function ComparePage({ search }: { search: string }) {
  const { value } = account;
  const token = value.kind === "in" ? value.token : null;
  const comparison = useMemo(() => readComparison(search), [search]);
  const [store, setStore] = useState<CompareStore | null>(null);

  useEffect(() => {
    if (token === null) return;
    const opened = new CompareStore(token, (code) => signOut(whyOut(code)));
    addEventListener("online", opened.check);
    document.addEventListener("visibilitychange", opened.check);
    setStore(opened);
    return () => {
      removeEventListener("online", opened.check);
      document.removeEventListener("visibilitychange", opened.check);
      opened.close();
    };
  }, [token]);
  const { runs } = comparison;
  const shown = runs.join("\n");
  useEffect(() => store?.show(runs), [store, shown]);
  useEffect(() => {
    document.title = runs.length === 0 ? "Compare · runcast" : `${runs.length} runs compared · runcast`;
  }, [runs.length]);

  // Another set of runs is another view to come back to; a slider that moves is not.
  const change = (to: Partial<Comparison>) => setAddress(comparePath({ ...comparison, ...to }), to.runs ? "push" : "replace");
  if (store === null || token === null) return null;
  return (
    <div class="page compare-page">
      <header class="bar">
        <a href="/" onClick={follow} class="back" aria-label="All runs">
          ‹ Runs
        </a>
        <h1>Compare</h1>
        <span class="spacer" />
        {runs.length > 0 && <PickerButton token={token} runs={runs} onChange={(picked) => change({ runs: picked })} />}
      </header>
      <main>
        {comparison.left_out > 0 && (
          <p class="notice" role="status">
            {`${RUNS_MAX} runs at most are compared: ${comparison.left_out} of the address ${comparison.left_out === 1 ? "is" : "are"} left out.`}
          </p>
        )}
        {runs.length === 0 ? (
          <section class="panel first-pick" aria-label="Choose runs">
            <h2>Which runs?</h2>
            <p class="muted">{`Choose two or more, up to ${RUNS_MAX}. The address then says which, so that it can be passed on.`}</p>
            <RunPicker token={token} runs={runs} onDone={(picked) => change({ runs: picked })} />
          </section>
        ) : (
          <Comparing store={store} comparison={comparison} onChange={change} />
        )}
      </main>
    </div>
  );
}

type ComparingProps = { store: CompareStore; comparison: Comparison; onChange: (to: Partial<Comparison>) => void };

function Comparing({ store, comparison, onChange }: ComparingProps) {
  const sources = store.sources.value;
  // Between a change of the address and the store's: nothing to be shown under wrong names.
  if (sources.map(({ run }) => run).join("\n") !== comparison.runs.join("\n")) return null;
  return (
    <>
      <Chips sources={sources} comparison={comparison} onChange={onChange} />
      <Summary sources={sources} comparison={comparison} onChange={onChange} />
      <CompareCharts sources={sources} comparison={comparison} onChange={onChange} />
      <ConfigTable sources={sources} comparison={comparison} />
      <SamplesTable sources={sources} />
    </>
  );
}
