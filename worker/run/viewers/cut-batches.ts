import { REPLAY_FRAME_BYTES } from "../../../protocol/index.ts";
import type { Line } from "../log/line.ts";
import type { Frame } from "./codec.ts";

/**
 * Puts lines into batches of about {@link REPLAY_FRAME_BYTES}, measured as JSON whatever they become: so positions are the same in
 * every batched mode. No lines are one empty batch.
 * @param through the position after the last batch
 * @param toFrame makes the frame of one batch, after which a viewer is at `end`
 */
export function cutBatches(lines: readonly Line[], through: number, toFrame: (batch: readonly Line[], end: number) => Frame): Frame[] {
  const frames: Frame[] = [];
  let start = 0;
  let bytes = 0;
  for (const [i, line] of lines.entries()) {
    bytes += line.bytes;
    if (bytes < REPLAY_FRAME_BYTES || i === lines.length - 1) continue;
    frames.push(toFrame(lines.slice(start, i + 1), line.offset));
    start = i + 1;
    bytes = 0;
  }
  frames.push(toFrame(start === 0 ? lines : lines.slice(start), through));
  return frames;
}
