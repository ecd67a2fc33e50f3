import type { Role } from "../../../protocol/index.ts";
import { agentSocket } from "../../../worker/run/producer/agent-desk.ts";
import type { Room } from "../../../worker/run/room.ts";

type Answer = Record<string, unknown> & { type: string };

/** A producer of a room that is played with alone: what it is told, and how it speaks. */
export type Greeted = {
  readonly told: Answer[];
  /** Close codes. */
  readonly closed: number[];
  say(message: object, now: number): void;
};

/** @param exp of its token, in seconds since 1970. @returns a producer that has said hello at `now` */
export function greeted(room: Room, run: string, { exp, now, role = "agent" }: { exp: number; now: number; role?: Role }): Greeted {
  const told: Answer[] = [];
  const closed: number[] = [];
  const socket = {
    send: (frame: string | Uint8Array) => told.push(JSON.parse(String(frame))) > 0,
    close: (code: number) => void closed.push(code),
    remember: () => undefined,
    buffered: () => null,
  };
  const identity = { kind: "agent", run, sub: "gpu", role, exp, client_id: "agent" } as const;
  const attachment = { ...identity, connected_at: 1, heard_at: 0, life: null, demand: null, sent_through: 0, sent_seq: 0 };
  const producer = agentSocket(socket, attachment, now);
  room.agent.add(producer);
  const say = (message: object, at: number) => room.agent.receive(producer, JSON.stringify(message), at);
  say({ type: "hello", protocol: 1, life: "life-1", next_seq: 1, sent_seq: 0, agent: { name: "test", version: "0" } }, now);
  return { told, closed, say };
}
