import type { AnyEvent } from "../../../protocol/index.ts";

const START = Date.UTC(2026, 10, 23);
const EPOCH_STEPS = 2000;
/** Steps a second: as fast as the throttle lets progress through (EV1). */
const RATE = 10;

/** Figures that look like a training's and are the same in every run. */
function figure(n: number, from: number, to: number): number {
  const spread = Math.abs(Math.sin(n * 12.9898) * 43_758.5453) % 1;
  return from + (to - from) * spread;
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));

/** What a busy training amounts to after the translator and the throttle: the events of one tenth of a second, in order. */
export function eventsOfTick(tick: number): AnyEvent[] {
  const timestamp = new Date(START + tick * 100).toISOString();
  const step = tick + 1;
  const epoch = Math.floor(step / EPOCH_STEPS);
  const loss = round(0.08 + 0.4 * Math.exp(-step / 20_000) + figure(step, -0.03, 0.03), 17);
  const smooth_loss = round(0.08 + 0.4 * Math.exp(-step / 20_000), 17);
  const left = Math.max(0, 144_000 - step) / RATE;
  const events: AnyEvent[] = [
    {
      type: "metrics",
      timestamp,
      steps: [step],
      series: { "loss/train_step": [loss], "smooth_loss/train_step": [smooth_loss], "lr/unet": [0.0003] },
    },
    {
      type: "training_progress",
      timestamp,
      step: step % EPOCH_STEPS,
      epoch,
      epoch_step: step % EPOCH_STEPS,
      global_step: step,
      max_step: EPOCH_STEPS,
      max_epoch: 72,
      loss,
      smooth_loss,
      learning_rate: 0.0003,
      eta_seconds: round(left, 1),
      eta_low_seconds: round(left * 0.97, 1),
      eta_high_seconds: round(left * 1.05, 1),
      steps_per_second: round(figure(step, 9.8, 10.2), 3),
      phase: "training",
    },
  ];
  if (tick % RATE === 5) events.push(barLine(timestamp, step));
  if (tick % (5 * RATE) === 7)
    events.push(log(timestamp, `INFO: cached latents of bucket ${tick % 31}, aspect ${round(figure(tick, 0.5, 2), 2)}`));
  if (tick % (2 * RATE) === 3) events.push(stats(timestamp, tick));
  if (tick % (600 * RATE) === 11) events.push(...checkpoint(timestamp, step, epoch));
  return events;
}

function log(timestamp: string, message: string): AnyEvent {
  return { type: "log", timestamp, level: "info", message, source: "stderr" };
}

function barLine(timestamp: string, step: number): AnyEvent {
  const done = step % EPOCH_STEPS;
  const percent = Math.floor((100 * done) / EPOCH_STEPS);
  const drawn = "█".repeat(Math.floor(percent / 5)).padEnd(20);
  const message = `step: ${percent}%|${drawn}| ${done}/${EPOCH_STEPS} [02:13<01:07, ${round(figure(step, 9.8, 10.2), 2)}it/s, loss=${round(figure(step, 0.05, 0.2), 3)}]`;
  return { ...log(timestamp, message), progress: true, bar: "stderr-1" };
}

function stats(timestamp: string, tick: number): AnyEvent {
  const gpu = (index: number) => ({
    index,
    uuid: `GPU-5e1f0c2a-7d3b-4c1e-9f00-00000000000${index}`,
    name: "NVIDIA GeForce RTX 4090",
    utilization_percent: Math.round(figure(tick + index, 90, 100)),
    memory_used_gb: round(figure(tick + index, 21, 22), 3),
    memory_total_gb: 23.988,
    temperature_c: Math.round(figure(tick + index, 60, 70)),
    power_w: round(figure(tick + index, 380, 450), 2),
    power_limit_w: 450,
    sm_clock_mhz: Math.round(figure(tick + index, 2500, 2700)),
    memory_clock_mhz: 10_501,
    fan_percent: Math.round(figure(tick + index, 40, 60)),
    throttle_reasons: [],
  });
  return {
    type: "system_stats",
    timestamp,
    gpu_memory_used_gb: round(figure(tick, 21, 22), 3),
    gpu_memory_total_gb: 23.988,
    gpu_utilization_percent: Math.round(figure(tick, 90, 100)),
    cpu_percent: round(figure(tick, 10, 30), 1),
    ram_used_gb: round(figure(tick, 30, 31), 3),
    ram_total_gb: 62.7,
    disks: [{ mount: "/", used_gb: round(812 + tick / 100_000, 3), total_gb: 1862.4 }],
    network: {
      received_bytes_per_second: Math.round(figure(tick, 500, 5000)),
      sent_bytes_per_second: Math.round(figure(tick, 3000, 6000)),
    },
    gpus: [gpu(0), gpu(1)],
    process: { pid: 4711, cpu_percent: round(figure(tick, 100, 180), 1), ram_used_gb: round(figure(tick, 11, 12), 3) },
  };
}

/** Every ten minutes: a validation, a sample, a backup. */
function checkpoint(timestamp: string, step: number, epoch: number): AnyEvent[] {
  const status = (phase: string, message: string): AnyEvent => ({
    type: "training_status",
    timestamp,
    status: "running",
    message,
    error: null,
    phase,
  });
  return [
    status("validating", "Calculating validation loss"),
    { type: "validation_result", timestamp, step, epoch, validation_loss: round(figure(step, 0.09, 0.11), 6), label: "validation" },
    status("sampling", "Sampling ..."),
    { type: "sample_progress", timestamp, sample_type: "default", step: 20, max_step: 20 },
    {
      type: "sample_generated",
      timestamp,
      sample_id: `${step}-0123456789ab`,
      path: `/api/runs/a-run/blobs/${"ab".repeat(32)}`,
      thumbnail_path: `/api/runs/a-run/blobs/${"cd".repeat(32)}`,
      sample_type: "default",
      media_type: "image/png",
      width: 1024,
      height: 1024,
      step,
      epoch,
      prompt: "a lighthouse on a cliff in a storm, oil on canvas",
      sha256: "ab".repeat(32),
    },
    status("backup", "Creating backup"),
    status("training", "Training ..."),
  ];
}
