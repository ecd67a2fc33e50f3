import { type EventOf, fromWire, type Gpu, type WireNumber } from "../../protocol/index.ts";
import type { Freshness } from "../model/freshness.ts";
import type { RunView } from "../model/run-view.ts";
import { AsOf, staleClass } from "./as-of.tsx";

type Wire = WireNumber | null | undefined;

export function Hardware({ view, freshness }: { view: RunView; freshness: Freshness }) {
  const { stats } = view;
  const at = stats?.at ?? null;
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
          <Gpus event={stats.event} />
          <Host event={stats.event} />
        </div>
      )}
    </section>
  );
}

function Gpus({ event }: { event: EventOf<"system_stats"> }) {
  const gpus = event.gpus ?? [];
  if (gpus.length === 0) return <p class="muted absent">No GPU reported by this machine.</p>;
  return gpus.map((gpu, index) => <GpuFigures key={gpu.uuid ?? index} gpu={gpu} index={index} />);
}

function GpuFigures({ gpu, index }: { gpu: Gpu; index: number }) {
  const reasons = gpu.throttle_reasons ?? [];
  return (
    <div class="device">
      <h3>{gpu.name ?? `GPU ${gpu.index ?? index}`}</h3>
      <Share label="Load" value={gpu.utilization_percent} of={100} unit="%" />
      <Share label="Memory" value={gpu.memory_used_gb} of={gpu.memory_total_gb} unit="GB" />
      <dl class="facts">
        <Fact name="Temperature" value={gpu.temperature_c} unit="°C" />
        <Fact name="Power" value={gpu.power_w} of={gpu.power_limit_w} unit="W" />
        <Fact name="SM clock" value={gpu.sm_clock_mhz} unit="MHz" />
        <Fact name="Memory clock" value={gpu.memory_clock_mhz} unit="MHz" />
        <Fact name="Fan" value={gpu.fan_percent} unit="%" />
      </dl>
      {reasons.length > 0 && <p class="throttled">Throttled: {reasons.join(", ")}</p>}
    </div>
  );
}

function Host({ event }: { event: EventOf<"system_stats"> }) {
  const { network, process } = event;
  return (
    <div class="device">
      <h3>Host</h3>
      <Share label="CPU" value={event.cpu_percent} of={100} unit="%" />
      <Share label="RAM" value={event.ram_used_gb} of={event.ram_total_gb} unit="GB" />
      {(event.disks ?? []).map((disk, index) => (
        <Share key={disk.mount ?? index} label={disk.mount ?? "Disk"} value={disk.used_gb} of={disk.total_gb} unit="GB" />
      ))}
      <dl class="facts">
        {process && <Fact name="Trainer CPU" value={process.cpu_percent} unit="%" />}
        {process && <Fact name="Trainer RAM" value={process.ram_used_gb} unit="GB" />}
        {network && <Fact name="Received" value={megabytes(network.received_bytes_per_second)} unit="MB/s" />}
        {network && <Fact name="Sent" value={megabytes(network.sent_bytes_per_second)} unit="MB/s" />}
      </dl>
    </div>
  );
}

/** A part of a whole, as a bar. What the machine does not report is said to be absent, and is no empty bar. */
function Share({ label, value, of, unit }: { label: string; value: Wire; of: Wire; unit: string }) {
  const part = fromWire(value);
  const whole = fromWire(of);
  const text =
    part === null
      ? "not reported"
      : whole === null || unit === "%"
        ? amountAndUnit(part, unit)
        : `${amount(part, unit)} / ${amount(whole, unit)} ${unit}`;
  return (
    <div class="meter">
      <span class="meter-label" title={label}>
        {label}
      </span>
      {part === null || whole === null ? (
        <span class="no-bar" />
      ) : (
        <progress max={whole} value={Math.min(part, whole)} aria-label={label} aria-valuetext={text} />
      )}
      <span class={part === null ? "meter-text absent" : "figure meter-text"}>{text}</span>
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
