import type { ReplayWish } from "../../../worker/run/log/replay.ts";
import type { Attachment, SocketPort, ViewerMode } from "../../../worker/run/sockets.ts";

/** What travels to a peer: a frame, the end of the connection, or (between frames, for the test) which filter holds from where on. */
export type Parcel = { frame: string } | { closed: number } | { filter: readonly string[]; after: number };

/** A peer's end of a connection. */
export type PeerEnd = {
  /** What has come, or is on its way, in order. */
  readonly toPeer: Parcel[];
  readonly openAtPeer: boolean;
  send(message: unknown): void;
  /** Ends the connection without a word; up to `arriving` frames that are on their way to the room still arrive. */
  cutByPeer(arriving: number): void;
};

/** What the actors need of the world: it is the same for a room alone, and for a real object. */
export type Surroundings = {
  /** Milliseconds since 1970. */
  readonly now: number;
  connectAgent(): PeerEnd;
  connectViewer(mode: ViewerMode, subscription: readonly string[], wish: ReplayWish): PeerEnd;
  /** The newest stored seq of a life. */
  storedSeq(life: string): number;
  /** Writes down what has arrived. */
  tell(at: string, parcel: Parcel): void;
};

/**
 * One connection between a peer and the room, with what is on its way in both directions. Either end may think that it is open while the
 * other knows better, and what is on its way when it breaks is lost.
 */
export class Wire implements PeerEnd {
  readonly toRoom: Parcel[] = [];
  readonly toPeer: Parcel[] = [];
  /** What survives hibernation. */
  attachment: Attachment | null = null;
  openAtRoom = true;
  openAtPeer = true;

  /** The room's end. */
  readonly port: SocketPort = {
    send: (frame) => {
      if (typeof frame !== "string") throw new Error("nobody here reads binary frames");
      if (!this.openAtRoom) return false;
      if (this.openAtPeer) this.toPeer.push({ frame });
      return true;
    },
    close: (code) => {
      if (!this.openAtRoom) return;
      this.openAtRoom = false;
      if (this.openAtPeer) this.toPeer.push({ closed: code });
    },
    buffered: () => null,
    remember: (attachment) => {
      this.attachment = structuredClone(attachment);
    },
  };

  send(message: unknown): void {
    if (this.openAtPeer) this.toRoom.push({ frame: JSON.stringify(message) });
  }

  /** The peer's end is gone. The room hears of it after the first `arriving` frames that are on their way to it. */
  cutByPeer(arriving: number): void {
    if (!this.openAtPeer) return;
    this.openAtPeer = false;
    this.toPeer.length = 0;
    this.toRoom.splice(arriving);
    this.toRoom.push({ closed: 1006 });
  }

  /** The room is gone, and its sockets with it. The peer hears of it after the first `arriving` frames that are on their way to it. */
  cutByRoom(arriving: number): void {
    if (!this.openAtRoom) return;
    this.openAtRoom = false;
    this.attachment = null;
    this.toRoom.length = 0;
    this.toPeer.splice(arriving);
    if (this.openAtPeer) this.toPeer.push({ closed: 1006 });
  }
}
