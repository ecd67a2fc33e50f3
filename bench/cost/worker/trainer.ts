import type { Batch } from "../../../agent/session/digest.ts";
import type { AnyEvent, HookMessage } from "../../../protocol/index.ts";

/**
 * A day at a trainer, as its hook and its console tell it: OneTrainer at ten steps a second, four scalars a step, a progress bar, the
 * machine's figures every two seconds, four samples every quarter of an hour, which take ten seconds.
 */
export const STEP_MS = 100;
const EPOCH_STEPS = 36_000;
const STATS_EVERY_MS = 2000;
const SAMPLES_EVERY_MS = 900_000;
const SAMPLING_MS = 10_000;
const SAMPLES = 4;

const encoder = new TextEncoder();

export class Trainer {
  #n = 0;
  #consoleN = 0;
  #step = 0;
  #samples = 0;

  /** What happens in one tenth of a second. @param elapsed since the start, @param at milliseconds since 1970 */
  tick(elapsed: number, at: number): { batch: Batch; samples: AnyEvent[] } {
    const sampling = elapsed > SAMPLING_MS && elapsed % SAMPLES_EVERY_MS < SAMPLING_MS;
    const hook = sampling ? this.#sampling(elapsed, at) : this.#training(at);
    return {
      batch: {
        hook: hook.map((message) => ({ session: "s", message })),
        console: sampling ? [] : [this.#bar(at)],
        own: elapsed % STATS_EVERY_MS === 0 ? [stats(at)] : [],
        exit: null,
      },
      samples: sampling && elapsed % SAMPLES_EVERY_MS === SAMPLING_MS - STEP_MS ? this.#pictures(at) : [],
    };
  }

  #training(at: number): HookMessage[] {
    const t = at / 1000;
    const step = this.#step;
    this.#step += 1;
    const loss = 0.1 + 0.05 * Math.sin(step / 50) + 0.01 * Math.sin(step * 7);
    const rows: [number, string, number, number][] = [
      [t, "lr/unet_lora", 0.00025, step],
      [t, "lr/text_encoder_lora", 0.00025, step],
      [t, "loss/train_step", loss, step],
      [t, "smooth_loss/train_step", loss * 0.99, step],
    ];
    return [
      { type: "status_text", n: this.#next(), t, text: "Training ..." },
      { type: "scalars", n: this.#next(), t, rows },
      {
        type: "progress",
        n: this.#next(),
        t,
        epoch: Math.floor(this.#step / EPOCH_STEPS),
        epoch_step: this.#step % EPOCH_STEPS,
        global_step: this.#step,
        max_step: EPOCH_STEPS,
        max_epoch: 24,
      },
    ];
  }

  #sampling(elapsed: number, at: number): HookMessage[] {
    const t = at / 1000;
    const into = elapsed % SAMPLES_EVERY_MS;
    const step = Math.floor((into / SAMPLING_MS) * 40);
    const messages: HookMessage[] = [
      { type: "sample_progress", n: this.#next(), t, sample_type: "default", step: step % 10, max_step: 10 },
    ];
    if (into === 0) messages.unshift({ type: "status_text", n: this.#next(), t, text: "Sampling ..." });
    return messages;
  }

  #bar(at: number): Batch["console"][number] {
    this.#consoleN += 1;
    const text = `\rstep: ${String(this.#step % EPOCH_STEPS).padStart(6)}/${EPOCH_STEPS} [09:59<50:01,  9.98it/s, loss=0.104, smooth loss=0.103]`;
    return { kind: "bytes", n: this.#consoleN, source: "stderr", bytes: encoder.encode(text), t: at };
  }

  /** As they are after their upload. */
  #pictures(at: number): AnyEvent[] {
    return Array.from({ length: SAMPLES }, (_, i) => {
      this.#samples += 1;
      const sha256 = this.#samples.toString(16).padStart(64, "0");
      return {
        type: "sample_generated",
        timestamp: new Date(at).toISOString(),
        sample_id: `sample-${this.#samples}`,
        path: `/api/runs/day/blobs/${sha256}`,
        thumbnail_path: `/api/runs/day/blobs/${sha256}`,
        sample_type: "default",
        media_type: "image/jpeg",
        width: 1024,
        height: 1024,
        step: this.#step,
        epoch: Math.floor(this.#step / EPOCH_STEPS),
        prompt: `a photo of a lighthouse at dusk, number ${i}`,
        sha256,
      };
    });
  }

  #next(): number {
    this.#n += 1;
    return this.#n;
  }
}

function stats(at: number): AnyEvent {
  const gpu = {
    index: 0,
    uuid: "GPU-5d0b5c6e-0000-0000-0000-000000000000",
    name: "NVIDIA GeForce RTX 4090",
    utilization_percent: 97,
    memory_used_gb: 21.4,
    memory_total_gb: 24,
    temperature_c: 71,
    power_w: 412.6,
    power_limit_w: 450,
    sm_clock_mhz: 2610,
    memory_clock_mhz: 10501,
    fan_percent: 62,
    throttle_reasons: [],
  };
  return {
    type: "system_stats",
    timestamp: new Date(at).toISOString(),
    gpu_memory_used_gb: 21.4,
    gpu_memory_total_gb: 24,
    gpu_utilization_percent: 97,
    cpu_percent: 34.1,
    ram_used_gb: 41.3,
    ram_total_gb: 63.9,
    gpus: [gpu],
    disks: [{ mount: "/", used_gb: 811.2, total_gb: 1832.7 }],
    network: { received_bytes_per_second: 1200, sent_bytes_per_second: 5400 },
    process: { pid: 4242, cpu_percent: 98.2, ram_used_gb: 12.5, gpu_memory_used_gb: 20.9 },
  };
}
