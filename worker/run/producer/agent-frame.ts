import {
  AGENT_FRAME_MAX,
  AGENT_MESSAGE_TYPES,
  type AgentMessage,
  agentMessage,
  type Failure,
  failure,
  type Result,
} from "../../../protocol/index.ts";
import { decodeFrame } from "../frame.ts";

export function decodeAgentFrame(frame: string | ArrayBuffer): Result<AgentMessage> {
  return decodeFrame(frame, { max: AGENT_FRAME_MAX, types: AGENT_MESSAGE_TYPES, schema: agentMessage });
}

/** What an agent of a run that does not exist yet may say. @returns null for a hello */
export function refuseAllButHello(frame: string | ArrayBuffer): Failure | null {
  const decoded = decodeAgentFrame(frame);
  if (!decoded.ok) return decoded;
  return decoded.value.type === "hello" ? null : failure("hello_first");
}
