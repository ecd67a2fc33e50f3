import { fromWire, type RunSummary, trainingProgress } from "../../protocol/index.ts";
import { advanceOf } from "../model/progress.ts";
import { follow, runPath } from "../router.ts";
import { StatusPill } from "../status-pill.tsx";
import { now } from "../time/clock.ts";
import { ago, clock, count, duration, isMoment, percent } from "../time/format.ts";

/** One run in the list: a link over the whole row. */
export function RunRow({ run }: { run: RunSummary }) {
  const parsed = trainingProgress.safeParse(run.progress);
  const progress = parsed.success ? { event: parsed.data, at: Date.parse(run.updated_at) } : null;
  const advance = advanceOf(progress);
  const going = run.status === "running" || run.status === "starting";
  const over = run.status === "completed" || run.status === "stopped" || run.status === "error";
  const eta = going && run.agent_connected ? fromWire(progress?.event.eta_seconds) : null;
  // An estimate is of the moment in which it was told.
  const at = eta === null ? Number.NaN : Date.parse(progress?.event.timestamp ?? run.updated_at) + eta * 1000;
  const end = isMoment(at) ? at : null;
  return (
    <li>
      <a class="run-row" href={runPath(run.run)} onClick={follow}>
        <span class="run-name">{run.name ?? run.run}</span>
        <StatusPill status={run.status} />
        <span class="run-progress">
          <progress max={1} value={advance.total ?? 0} aria-label={`Progress of ${run.name ?? run.run}`} />
          <span class="figure">{advance.total === null ? count(advance.step) : percent(advance.total)}</span>
        </span>
        <span class="run-eta figure">{end === null ? "" : `${duration((end - now.value) / 1000)} left · ${clock(end, now.value)}`}</span>
        <span class="run-facts muted">
          {!over && <span class={run.agent_connected ? "link-dot on" : "link-dot off"} aria-hidden="true" />}
          {over ? "ended" : run.agent_connected ? "agent online" : "agent offline"}
          {run.viewers > 0 && ` · ${run.viewers} watching`}
          {` · ${ago(Date.parse(run.updated_at), now.value)}`}
        </span>
      </a>
    </li>
  );
}
