import {
  AGENT_FRAME_MAX,
  AGENT_MESSAGES_BURST,
  AGENT_MESSAGES_PER_SECOND,
  BATCH_EVENTS_MAX,
  BLOB_MAX,
  EVENT_MAX,
} from "../../../protocol/index.ts";
import { MessageBucket } from "../message-bucket.ts";

/** AC6: what an agent may say that the log does not take. It is not remembered: a room that slept has seen no flood. */
export function agentBucket(now: number): MessageBucket {
  return new MessageBucket({ perSecond: AGENT_MESSAGES_PER_SECOND, burst: AGENT_MESSAGES_BURST }, null, now);
}

/** AC6: what an agent is told of the limits. */
export const AGENT_LIMITS = {
  max_frame_bytes: AGENT_FRAME_MAX,
  max_event_bytes: EVENT_MAX,
  max_batch_events: BATCH_EVENTS_MAX,
  max_blob_bytes: BLOB_MAX,
  messages_per_second: AGENT_MESSAGES_PER_SECOND,
};
