import { useEffect, useRef, useState } from "preact/hooks";
import { Hardware } from "../hardware/hardware.tsx";
import { Log } from "../log/log.tsx";
import { freshnessOf } from "../model/freshness.ts";
import { isOver } from "../model/progress.ts";
import { Samples } from "../samples/samples.tsx";
import { account, signOut, whyOut } from "../session/session.ts";
import { roleIn } from "../session/token-text.ts";
import { showSigns } from "../shell/signs.ts";
import { tellNews } from "../shell/tell-news.ts";
import { Audit } from "./audit.tsx";
import { Charts } from "./charts.tsx";
import { ClosedNotice } from "./closed-notice.tsx";
import { RunHeader } from "./header.tsx";
import { RunInfo } from "./info.tsx";
import { Progress } from "./progress.tsx";
import { RunStore } from "./store.ts";

export function RunPage({ run }: { run: string }) {
  const { value } = account;
  const token = value.kind === "in" ? value.token : null;
  const [store, setStore] = useState<RunStore | null>(null);
  const [tries, setTries] = useState(0);

  const newest = useRef(token);
  newest.current = token;
  const role = token === null ? null : roleIn(token);

  // `tries` is another try with the same credentials. A newer token of the same role takes over in place, another role wants another socket.
  useEffect(() => {
    if (token === null) return;
    const opened = new RunStore({
      url: location.origin,
      run,
      get token() {
        return newest.current ?? token;
      },
    });
    const check = () => document.hidden || opened.connection.check();
    addEventListener("online", check);
    document.addEventListener("visibilitychange", check);
    setStore(opened);
    return () => {
      removeEventListener("online", check);
      document.removeEventListener("visibilitychange", check);
      opened.close();
    };
  }, [run, role, tries]);
  useEffect(() => store?.connection.renew(), [token]);

  return store && <LiveRun run={run} store={store} onRetry={() => setTries(tries + 1)} />;
}

function LiveRun({ run, store, onRetry }: { run: string; store: RunStore; onRetry: () => void }) {
  const view = store.view.value;
  const link = store.link.value;
  const code = link.kind === "closed" ? link.reason.code : null;

  useEffect(() => showSigns(run, store), [run, store]);
  useEffect(() => tellNews(run, store), [run, store]);
  useEffect(() => {
    if (code === "unauthorized" || code === "token_expired" || code === "token_revoked") signOut(whyOut(code));
  }, [code]);

  const steers = view.role === "operator" || view.role === "owner";
  const asks = steers && !isOver(view) && link.kind === "live";
  const ask = (prompt: string) => {
    store.asking.value = prompt;
  };
  const freshness = freshnessOf(view, link, store.localTime);
  return (
    <div class="page run-page">
      <RunHeader run={run} store={store} freshness={freshness} />
      {link.kind === "closed" && view.role === null ? (
        <ClosedNotice run={run} reason={link.reason} onRetry={onRetry} />
      ) : (
        <main>
          <Progress view={view} freshness={freshness} />
          <div class="columns">
            <div class="column">
              <Charts run={run} store={store} />
              <Log run={run} store={store.log} />
            </div>
            <div class="column">
              <Samples run={run} view={view} store={store.samples} onAsk={asks ? ask : null} />
              <Hardware view={view} freshness={freshness} store={store.stats} />
              <RunInfo run={run} view={view} />
              <Audit run={run} store={store} />
            </div>
          </div>
        </main>
      )}
    </div>
  );
}
