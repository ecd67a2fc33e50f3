import type { AnyEvent } from "../../protocol/index.ts";
import { clock } from "./clock.ts";

/** Stands once in each event, and nowhere else: deliveries are counted by it, and dated by what follows. */
export const MARK = '"sent_at":';

/** Events of about 250 bytes as a run has them: a line of the console, a step's scalars, progress. */
export function benchEvents(count: number, first = 1): AnyEvent[] {
  return Array.from({ length: count }, (_, index) => benchEvent(first + index));
}

function benchEvent(n: number): AnyEvent {
  const head = { timestamp: new Date().toISOString(), sent_at: clock() };
  switch (n % 5) {
    case 0:
      return {
        type: "training_progress",
        ...head,
        step: n,
        epoch: 1,
        epoch_step: n,
        global_step: n,
        max_step: 100_000,
        max_epoch: 10,
        loss: 0.0531,
        smooth_loss: 0.0612,
        learning_rate: 0.0001,
        phase: "training",
      };
    case 1:
    case 3:
      return {
        type: "metrics",
        ...head,
        steps: [n],
        series: { "loss/train_step": [0.0531], "smooth_loss/train_step": [0.0612], "lr/unet": [0.0001], "lr/text_encoder": [0.00005] },
      };
    default:
      return {
        type: "log",
        ...head,
        level: "info",
        source: "stdout",
        message: `step ${n}: loss 0.0531, smooth loss 0.0612, 1.42 it/s, 9.8 GB of GPU memory, the next sample comes after this epoch and its validation`,
      };
  }
}
