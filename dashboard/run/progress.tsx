import { fromWire } from "../../protocol/index.ts";
import type { Freshness } from "../model/freshness.ts";
import { advanceOf, type Eta, etaOf } from "../model/progress.ts";
import type { RunView } from "../model/run-view.ts";
import { now } from "../time/clock.ts";
import { clock, clockRange, count, durationRange, figure, pace, percent } from "../time/format.ts";
import { AsOf, staleClass } from "./as-of.tsx";

export function Progress({ view, freshness }: { view: RunView; freshness: Freshness }) {
  const { progress } = view;
  const advance = advanceOf(progress);
  const event = progress?.event;
  const at = progress?.at ?? null;
  // A trainer that samples or saves steps nowhere meanwhile, and that is no staleness.
  const holding = view.status?.event.phase !== "training" && freshness.kind === "live";
  const dim = holding ? "" : staleClass(at, freshness);
  return (
    <section class="panel area-progress" aria-label="Progress">
      <AsOf at={at} freshness={holding ? { kind: "final" } : freshness} />
      <div class={`headline ${dim}`}>
        <div>
          <span class="label">Step</span>
          <span class="big figure">{count(advance.step)}</span>
          <span class="muted figure">{advance.steps === null ? "" : `of ${count(advance.steps)}`}</span>
        </div>
        <div>
          <span class="label">{event?.smooth_loss == null ? "Loss" : "Loss, smoothed"}</span>
          <span class="big figure">{figure(fromWire(event?.smooth_loss ?? event?.loss))}</span>
          <span class="muted figure">{event?.smooth_loss != null && event.loss != null ? `raw ${figure(fromWire(event.loss))}` : ""}</span>
        </div>
        <EtaFigure eta={etaOf(view, now.value)} view={view} />
        <div>
          <span class="label">Pace</span>
          <span class="big figure">{pace(fromWire(event?.steps_per_second))}</span>
          <span class="muted figure">{event?.learning_rate != null ? `lr ${figure(fromWire(event.learning_rate))}` : ""}</span>
        </div>
      </div>
      <Meter label="Run" fraction={advance.total} text={percent(advance.total)} dim={dim} />
      <Meter
        label={
          advance.epochNumber === null ? "Epoch" : `Epoch ${advance.epochNumber}${advance.epochs === null ? "" : ` of ${advance.epochs}`}`
        }
        fraction={advance.epoch}
        text={advance.epochStep === null ? "–" : `${count(advance.epochStep)} / ${count(advance.epochSteps)}`}
        dim={dim}
      />
    </section>
  );
}

function EtaFigure({ eta, view }: { eta: Eta | null; view: RunView }) {
  const status = view.status?.event.status;
  const words: Record<string, string> = { completed: "done", stopped: "stopped", error: "failed", paused: "paused" };
  const word = status === undefined ? undefined : words[status];
  const ended = view.status && word && status !== "paused" ? clock(view.status.at, now.value) : "";
  return (
    <div>
      <span class="label">{word && status !== "paused" ? "Ended" : "Time left"}</span>
      <span class="big figure">{eta ? durationRange(eta.low, eta.high) : (word ?? "–")}</span>
      <span class="muted figure">
        {eta ? `ends ${clockRange(eta.endLow, eta.endHigh, now.value)}` : word ? ended : "known after some steps"}
      </span>
    </div>
  );
}

function Meter({ label, fraction, text, dim }: { label: string; fraction: number | null; text: string; dim: string }) {
  return (
    <div class={`meter ${dim}`}>
      <span class="meter-label">{label}</span>
      <progress max={1} value={fraction ?? 0} aria-label={`${label} progress`} aria-valuetext={text} />
      <span class="figure meter-text">{text}</span>
    </div>
  );
}
