import { fromWire, type RunSummary, sampleGenerated, trainingProgress } from "../../protocol/index.ts";
import { advanceOf } from "../model/progress.ts";
import { follow, runPath } from "../router.ts";
import { Thumbnail } from "../samples/thumbnail.tsx";
import { StatusPill } from "../status-pill.tsx";
import { now } from "../time/clock.ts";
import { ago, clock, count, duration, figure, isMoment, percent } from "../time/format.ts";
import { RowMenu } from "./row-menu.tsx";
import { kindOf, nameOf } from "./select.ts";
import { SparkLine } from "./spark-line.tsx";

type Props = { run: RunSummary; picked: boolean; onPick: (picked: boolean) => void; mayDelete: boolean; onDeleted: () => void };

/** One run in the list: a link over the row, beside what picks it for comparing. */
export function RunRow({ run, picked, onPick, mayDelete, onDeleted }: Props) {
  const name = nameOf(run);
  const parsed = trainingProgress.safeParse(run.progress);
  const progress = parsed.success ? { event: parsed.data, at: Date.parse(run.updated_at) } : null;
  const advance = advanceOf(progress);
  const over = kindOf(run) === "done" || kindOf(run) === "failed";
  const loss = fromWire(run.loss?.values.at(-1));
  return (
    <li class="run-item">
      <label class="run-pick">
        <input type="checkbox" checked={picked} onChange={(event) => onPick(event.currentTarget.checked)} />
        <span class="sr-only">Pick {name} for comparing</span>
      </label>
      <a class="run-row" href={runPath(run.run)} onClick={follow}>
        <LastSample run={run} />
        <span class="run-title">
          <span class="run-name">{name}</span>
          <span class="run-owner muted">
            {run.owner ? `${run.owner} · ` : ""}
            {name === run.run ? "" : run.run}
          </span>
        </span>
        <StatusPill status={run.status} />
        <span class="run-progress">
          <progress max={1} value={advance.total ?? 0} aria-label={`Progress of ${name}`} />
          <span class="figure">{advance.total === null ? count(advance.step) : percent(advance.total)}</span>
          <span class="run-eta figure muted">{leftWords(run, progress?.event.eta_seconds, progress?.event.timestamp)}</span>
        </span>
        <span class="run-loss">
          <SparkLine loss={run.loss} />
          <span class="figure">{loss === null ? "" : figure(loss)}</span>
        </span>
        <span class="run-facts muted">
          <span>
            {!over && <span class={run.agent_connected ? "link-dot on" : "link-dot off"} aria-hidden="true" />}
            {truth(run, over)}
          </span>
          <span class="figure">
            {run.viewers > 0 && `${run.viewers} watching · `}
            {ago(Date.parse(run.updated_at), now.value)}
          </span>
        </span>
      </a>
      {mayDelete && over && <RowMenu run={run.run} name={name} onDeleted={onDeleted} />}
    </li>
  );
}

function truth(run: RunSummary, over: boolean): string {
  if (over) return "ended";
  if (!run.agent_connected) return "agent offline";
  return run.progress_state === "stalled" ? "stalled" : "agent online";
}

/** An estimate is of the moment in which it was told. */
function leftWords(run: RunSummary, eta_seconds: unknown, timestamp: string | undefined): string {
  const going = (run.status === "running" || run.status === "starting") && run.agent_connected;
  const eta = going ? fromWire(eta_seconds as number | null | undefined) : null;
  const end = eta === null ? Number.NaN : Date.parse(timestamp ?? run.updated_at) + eta * 1000;
  return isMoment(end) ? `${duration((end - now.value) / 1000)} left · ${clock(end, now.value)}` : "";
}

function LastSample({ run }: { run: RunSummary }) {
  const parsed = sampleGenerated.safeParse(run.last_sample);
  return <span class="run-sample">{parsed.success ? <Thumbnail sample={parsed.data} /> : <span class="frame" />}</span>;
}
