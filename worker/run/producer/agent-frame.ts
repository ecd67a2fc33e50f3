import { AGENT_FRAME_MAX, AGENT_MESSAGE_TYPES, type AgentMessage, agentMessage, type Result } from "../../../protocol/index.ts";
import { decodeFrame } from "../frame.ts";

export function decodeAgentFrame(frame: string | ArrayBuffer): Result<AgentMessage> {
  return decodeFrame(frame, { max: AGENT_FRAME_MAX, types: AGENT_MESSAGE_TYPES, schema: agentMessage });
}
