import type { CoreParts } from "./core.ts";
import { type AgentSocket, agentSocket } from "./producer/agent-desk.ts";
import { Room } from "./room.ts";
import type { Attachment, SocketPort, ViewerAttachment } from "./sockets.ts";
import type { StoragePort } from "./storage/sql-port.ts";
import type { Viewer } from "./viewers/fan-out.ts";
import { SendWindow } from "./viewers/send-window.ts";
import { viewerBucket } from "./viewers/viewer-limits.ts";

/** Who is behind a socket. */
export type Peer = { kind: "viewer"; viewer: Viewer } | { kind: "agent"; agent: AgentSocket };

/** A socket that was open when the object went, and what it remembered. */
export type Sleeper<S> = { socket: S; port: SocketPort; attachment: Attachment | null };

/** Builds the room from storage and from the sockets that hibernated with it. @param parts of a run that exists */
export function wakeRoom<S>(
  parts: Omit<CoreParts, "sentSeq"> & { storage: StoragePort },
  sleepers: readonly Sleeper<S>[],
  now: number,
): { room: Room; peers: Map<S, Peer> } {
  const producer = sleepers
    .map(({ attachment }) => attachment)
    .find((attachment) => attachment?.kind === "agent" && attachment.life !== null);
  const [sentSeq, sentThrough] = producer?.kind === "agent" ? [producer.sent_seq, producer.sent_through] : [null, 0];
  const room = new Room({ ...parts, sentSeq });
  const { log, viewers } = room.core;
  const peers = new Map<S, Peer>();
  const agents: AgentSocket[] = [];
  for (const { socket, port, attachment } of sleepers) {
    if (attachment?.kind === "viewer") {
      const viewer = wokenViewer(port, attachment, Math.max(sentThrough, log.lastOffset), now);
      // Who comes from now on begins at the log's end: that these are further stands with each of them.
      if (viewer.through > log.lastOffset) port.remember(viewer.attachment);
      viewers.add(viewer, now);
      peers.set(socket, { kind: "viewer", viewer });
    } else if (attachment?.kind === "agent") {
      const agent = agentSocket(port, { ...attachment, sent_through: log.lastOffset }, now);
      if (attachment.sent_through > log.lastOffset) port.remember(agent.attachment);
      agents.push(agent);
      peers.set(socket, { kind: "agent", agent });
    }
  }
  for (const agent of agents) room.agent.add(agent);
  // Who watches may have changed while the room slept.
  room.agent.viewersChanged();
  return { room, peers };
}

/** @param sentThrough how far viewers that were up with the log had come when the object went */
function wokenViewer(socket: SocketPort, attachment: ViewerAttachment, sentThrough: number, now: number): Viewer {
  const window = new SendWindow(attachment.mode, now);
  window.behind = attachment.behind_at !== null;
  const through = attachment.behind_at ?? Math.max(sentThrough, attachment.joined_at);
  const bucket = viewerBucket(attachment, now);
  return { socket, attachment: { ...attachment, joined_at: through }, through, window, bucket };
}
