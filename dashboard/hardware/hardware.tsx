import { type EventOf, fromWire, type Gpu, type WireNumber } from "../../protocol/index.ts";
import type { Freshness } from "../model/freshness.ts";
import type { RunView } from "../model/run-view.ts";
import { AsOf, staleClass } from "../run/as-of.tsx";
import { now } from "../time/clock.ts";
import { ago } from "../time/format.ts";
import { Sparkline } from "./sparkline.tsx";
import { alarming, type FigureKey, gpuKey, type StatsHistory } from "./stats-history.ts";
import type { StatsStore } from "./stats-store.ts";

type Wire = WireNumber | null | undefined;

/** More GPUs than this are a line each, which opens. */
const OPEN_GPUS = 2;
/** From here on a bar warns: memory and disks that are nearly full end trainings. Of the whole. */
const NEARLY_FULL = 0.95;
/** A GPU of a desktop slows itself down a few degrees above. */
const HOT_C = 85;

export function Hardware({ view, freshness, store }: { view: RunView; freshness: Freshness; store: StatsStore }) {
  const { stats } = view;
  const at = stats?.at ?? null;
  // The history changes in place.
  void store.version.value;
  return (
    <section class="panel area-hardware" aria-label="Hardware">
      <header>
        <h2>Hardware</h2>
        <AsOf at={at} freshness={freshness} />
      </header>
      {stats === null ? (
        <p class="muted">
          {freshness.kind === "final" ? "No figures were told." : "No figures yet. The agent sends them every two seconds."}
        </p>
      ) : (
        <div class={staleClass(at, freshness)}>
          <Gpus event={stats.event} history={store.history} />
          <Host event={stats.event} history={store.history} />
        </div>
      )}
    </section>
  );
}

function Gpus({ event, history }: { event: EventOf<"system_stats">; history: StatsHistory }) {
  const gpus = event.gpus ?? [];
  if (gpus.length === 0) return <p class="muted absent">No GPU reported by this machine.</p>;
  return gpus.map((gpu, index) => {
    const key = gpuKey(gpu, index);
    const name = gpu.name ?? `GPU ${gpu.index ?? index}`;
    const figures = <GpuFigures gpu={gpu} id={key} history={history} />;
    if (gpus.length <= OPEN_GPUS) {
      return (
        <div class="device" key={key}>
          <h3>{name}</h3>
          {figures}
        </div>
      );
    }
    return (
      <details class="device gpu-line" key={key}>
        <summary>
          <span class="gpu-name">
            {gpu.index ?? index} {name}
          </span>
          <span class="figure">{brief(gpu)}</span>
        </summary>
        {figures}
      </details>
    );
  });
}

/** A GPU in a line: load, memory, temperature, and whether something holds it down. */
function brief(gpu: Gpu): string {
  const parts = [
    text(gpu.utilization_percent, "%"),
    text(gpu.memory_used_gb, "GB"),
    text(gpu.temperature_c, "°C"),
    alarming(gpu).length > 0 ? "throttled" : null,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

function text(value: Wire, unit: string): string | null {
  const number = fromWire(value);
  return number === null ? null : amountAndUnit(number, unit);
}

function GpuFigures({ gpu, id, history }: { gpu: Gpu; id: string; history: StatsHistory }) {
  const temperature = fromWire(gpu.temperature_c);
  const of = (figure: "load" | "memory" | "temperature" | "power"): FigureKey => `gpu ${id} ${figure}`;
  return (
    <>
      <Share label="Load" value={gpu.utilization_percent} of={100} unit="%" history={history} figure={of("load")} />
      <Share label="Memory" value={gpu.memory_used_gb} of={gpu.memory_total_gb} unit="GB" history={history} figure={of("memory")} fills />
      <Line
        label="Temperature"
        value={gpu.temperature_c}
        unit="°C"
        history={history}
        figure={of("temperature")}
        most={100}
        warns={temperature !== null && temperature >= HOT_C}
      />
      <Line
        label="Power"
        value={gpu.power_w}
        of={gpu.power_limit_w}
        unit="W"
        history={history}
        figure={of("power")}
        most={fromWire(gpu.power_limit_w)}
      />
      <dl class="facts">
        <Fact name="SM clock" value={gpu.sm_clock_mhz} unit="MHz" />
        <Fact name="Memory clock" value={gpu.memory_clock_mhz} unit="MHz" />
        <Fact name="Fan" value={gpu.fan_percent} unit="%" />
      </dl>
      <Throttle gpu={gpu} at={history.throttledAt(id)} />
    </>
  );
}

function Throttle({ gpu, at }: { gpu: Gpu; at: number | null }) {
  const reasons = alarming(gpu);
  if (reasons.length > 0) return <p class="throttled">Throttled: {reasons.join(", ")}</p>;
  return at === null ? null : <p class="muted throttled-before">Last throttled {ago(at, now.value)}.</p>;
}

function Host({ event, history }: { event: EventOf<"system_stats">; history: StatsHistory }) {
  const { network, process } = event;
  return (
    <div class="device">
      <h3>Host</h3>
      <Share label="CPU" value={event.cpu_percent} of={100} unit="%" history={history} figure="cpu" />
      <Share label="RAM" value={event.ram_used_gb} of={event.ram_total_gb} unit="GB" history={history} figure="ram" fills />
      {(event.disks ?? []).map((disk, index) => (
        <Share key={disk.mount ?? index} label={disk.mount ?? "Disk"} value={disk.used_gb} of={disk.total_gb} unit="GB" fills />
      ))}
      {network && (
        <Line
          label="Received"
          value={megabytes(network.received_bytes_per_second)}
          unit="MB/s"
          history={history}
          figure="received"
          scale={1e-6}
        />
      )}
      {network && (
        <Line label="Sent" value={megabytes(network.sent_bytes_per_second)} unit="MB/s" history={history} figure="sent" scale={1e-6} />
      )}
      {process && (
        <dl class="facts">
          <Fact name="Trainer CPU" value={process.cpu_percent} unit="%" />
          <Fact name="Trainer RAM" value={process.ram_used_gb} unit="GB" />
          {fromWire(process.gpu_memory_used_gb) !== null && <Fact name="Trainer GPU memory" value={process.gpu_memory_used_gb} unit="GB" />}
        </dl>
      )}
    </div>
  );
}

type Recorded = { history?: StatsHistory; figure?: FigureKey };

/** A part of a whole, as a bar. What the machine does not report is said to be absent, and is no empty bar. @param fills a full one is trouble */
function Share({
  label,
  value,
  of,
  unit,
  fills,
  history,
  figure,
}: { label: string; value: Wire; of: Wire; unit: string; fills?: boolean } & Recorded) {
  const part = fromWire(value);
  const whole = fromWire(of);
  const words =
    part === null
      ? "not reported"
      : whole === null || unit === "%"
        ? amountAndUnit(part, unit)
        : `${amount(part, unit)} / ${amount(whole, unit)} ${unit}`;
  const warns = fills === true && part !== null && whole !== null && whole > 0 && part / whole >= NEARLY_FULL;
  const readings = history && figure ? history.get(figure) : [];
  return (
    <div class={warns ? "meter warns" : "meter"}>
      <span class="meter-label" title={label}>
        {label}
      </span>
      <span class="meter-middle">
        {part === null || whole === null ? (
          <span class="no-bar" />
        ) : (
          <progress max={whole} value={Math.min(part, whole)} aria-label={label} aria-valuetext={words} />
        )}
        {readings.length > 1 && <Sparkline readings={readings} most={whole} text={(reading) => amountAndUnit(reading, unit)} />}
      </span>
      <span class={part === null ? "meter-text absent" : "figure meter-text"}>{warns ? `${words}, nearly full` : words}</span>
    </div>
  );
}

type LineProps = { label: string; value: Wire; of?: Wire; unit: string; most?: number | null; warns?: boolean; scale?: number } & Recorded;

/** A figure that is no part of anything: its last minutes, and what it is now. @param scale of what is recorded to what is shown */
function Line({ label, value, of, unit, most = null, warns = false, scale = 1, history, figure }: LineProps) {
  const part = fromWire(value);
  const whole = fromWire(of);
  const readings = history && figure ? history.get(figure) : [];
  const words =
    part === null ? "not reported" : whole === null ? amountAndUnit(part, unit) : `${amount(part, unit)} / ${amount(whole, unit)} ${unit}`;
  return (
    <div class={warns ? "meter warns" : "meter"}>
      <span class="meter-label">{label}</span>
      <span class="meter-middle">
        {readings.length > 1 && <Sparkline readings={readings} most={most} text={(reading) => amountAndUnit(reading * scale, unit)} />}
      </span>
      <span class={part === null ? "meter-text absent" : "figure meter-text"}>{words}</span>
    </div>
  );
}

function Fact({ name, value, of, unit }: { name: string; value: Wire; of?: Wire; unit: string }) {
  const part = fromWire(value);
  const whole = fromWire(of);
  return (
    <div>
      <dt>{name}</dt>
      <dd class={part === null ? "absent" : "figure"}>
        {part === null ? "–" : whole === null ? amountAndUnit(part, unit) : `${amount(part, unit)} / ${amount(whole, unit)} ${unit}`}
        {part === null && <span class="sr-only">not reported</span>}
      </dd>
    </div>
  );
}

function megabytes(value: Wire): number | null {
  const bytes = fromWire(value);
  return bytes === null ? null : bytes / 1e6;
}

const SMALLER: Record<string, string> = { GB: "MB", "MB/s": "kB/s" };

/** Less than one in the next smaller unit: `0.0 GB` of a small process would say nothing. */
function amountAndUnit(value: number, unit: string): string {
  const smaller = SMALLER[unit];
  return smaller && value > 0 && value < 1 ? `${Math.round(value * 1000)} ${smaller}` : `${amount(value, unit)} ${unit}`;
}

function amount(value: number, unit: string): string {
  return value.toFixed(unit === "GB" || unit === "MB/s" ? (value >= 100 ? 0 : 1) : 0);
}
