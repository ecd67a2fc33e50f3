import type { AgentMessage, ViewerMessage } from "../../../protocol/index.ts";
import { type Agent, batchedViewer, type Json, type Peer } from "./sockets.ts";
import { token } from "./tokens.ts";

/** One way to send a message with success, for whoever may. */
export type MessageAttempt = {
  message(): Promise<Json>;
  /** Type of the answer; null for a message that has none. */
  answer: string | null;
};

export const VIEWER_ATTEMPTS: Partial<Record<string, MessageAttempt>> = {
  subscribe: { message: async () => ({ type: "subscribe", events: ["log"] }), answer: "subscribed" },
  unsubscribe: { message: async () => ({ type: "unsubscribe", events: ["log"] }), answer: "unsubscribed" },
  ping: { message: async () => ({ type: "ping", timestamp: "then" }), answer: "pong" },
  ack: { message: async () => ({ type: "ack", through: 0 }), answer: null },
  refresh: { message: async () => ({ type: "refresh", token: "" }), answer: "refreshed" },
  command: { message: async () => ({ type: "command", id: crypto.randomUUID(), command: "save" }), answer: "command_ack" },
} satisfies Record<ViewerMessage["type"], MessageAttempt>;

/** @returns the answer to a viewer's message: of one that has none, what a ping after it brings first */
export async function tellRoom(viewer: Peer, attempt: MessageAttempt, claims: Parameters<typeof token>[0]): Promise<Json> {
  const message = await attempt.message();
  viewer.send(message.type === "refresh" ? { ...message, token: await token(claims) } : message);
  if (attempt.answer === null) viewer.send({ type: "ping", timestamp: "after" });
  for (;;) {
    const frame = await viewer.next();
    if (frame.type !== "welcome" && frame.type !== "batch") return frame;
  }
}

type AgentAttempt = (producer: Agent, run: string) => Promise<void>;

/** Each resolves when the room has done what it was told. */
export const AGENT_ATTEMPTS: Partial<Record<string, AgentAttempt>> = {
  hello: async (producer) => {
    if (producer.ready.type !== "ready") throw new Error(`not ready: ${JSON.stringify(producer.ready)}`);
  },
  batch: async (producer) => {
    producer.batch([{ type: "log", level: "info", message: "hello" }]);
    await producer.nextOf("ack");
  },
  ping: async (producer) => {
    producer.send({ type: "ping", timestamp: "then" });
    await producer.nextOf("pong");
  },
  command_update: async (producer, run) => {
    const operator = await batchedViewer(run, "?events=command_status&replay=0", "operator");
    operator.send({ type: "command", id: "c1", command: "save" });
    await producer.nextOf("command");
    producer.send({ type: "command_update", id: "c1", state: "applied", global_step: 1 });
    for (;;) {
      const { events } = await operator.nextOf("batch");
      if ((events as Json[]).some(({ state }) => state === "applied")) return;
    }
  },
} satisfies Record<AgentMessage["type"], AgentAttempt>;
