import {
  ACK_EVERY_BYTES,
  PROMPT_MAX,
  SUBSCRIPTIONS_MAX,
  UPGRADES_PER_MINUTE,
  VIEWER_FRAME_MAX,
  VIEWER_MESSAGES_BURST,
  VIEWER_MESSAGES_PER_SECOND,
  VIEWER_WINDOW_BYTES,
  VIEWERS_PER_RUN,
  type Welcome,
} from "../../../protocol/index.ts";
import { MessageBucket } from "../message-bucket.ts";
import type { ViewerAttachment } from "../sockets.ts";

/** AC6: what a viewer is told of the limits, so that it need not run into them. */
export const VIEWER_LIMITS: Welcome["limits"] = {
  ack_every_bytes: ACK_EVERY_BYTES,
  window_bytes: VIEWER_WINDOW_BYTES,
  max_frame_bytes: VIEWER_FRAME_MAX,
  messages_per_second: VIEWER_MESSAGES_PER_SECOND,
  messages_burst: VIEWER_MESSAGES_BURST,
  connections_per_run: VIEWERS_PER_RUN,
  upgrades_per_minute: UPGRADES_PER_MINUTE,
  subscriptions: SUBSCRIPTIONS_MAX,
  prompt_bytes: PROMPT_MAX,
};

/** AC6: what a viewer may send, as it comes or as it is seen again after a wake. */
export function viewerBucket(attachment: ViewerAttachment, now: number): MessageBucket {
  const allowance = { perSecond: VIEWER_MESSAGES_PER_SECOND, burst: VIEWER_MESSAGES_BURST };
  return new MessageBucket(allowance, attachment.bucket ?? null, now);
}
