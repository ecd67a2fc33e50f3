import {
  EMPTY_BATCH_AFTER_MS,
  type EndingCode,
  ERRORS,
  type RoomMessage,
  VIEWER_WINDOW_BYTES,
  type Welcome,
} from "../../../protocol/index.ts";
import type { Log } from "../../log.ts";
import type { Counters } from "../counters.ts";
import { frameSize } from "../frame.ts";
import type { Line } from "../log/line.ts";
import type { MessageBucket } from "../message-bucket.ts";
import { hasEnded, type SocketPort, type ViewerAttachment } from "../sockets.ts";
import type { Codec, Frame, Wire } from "./codec.ts";
import { codecOf } from "./codecs.ts";
import type { SendWindow } from "./send-window.ts";
import { matcher, type Subscription, subscriptionKey } from "./subscription.ts";

/** A connected viewer. `through`: it has been sent, or had filtered out, everything up to there. */
export type Viewer = { socket: SocketPort; attachment: ViewerAttachment; through: number; window: SendWindow; bucket: MessageBucket };

type Group = { codec: Codec; wants: (type: string) => boolean; viewers: Set<Viewer>; lastFrameAt: number };

/** What the live set needs of the rest of the room. */
export type ViewersSurroundings = {
  /** The welcome of a viewer that has to start over. */
  welcomeAgain(viewer: Viewer, now: number): Welcome;
  /** A viewer was put out, or is found gone; it may take long until its socket says so. */
  ended(): void;
};

/**
 * The live set of a room and its fan-out. Viewers of one mode and one subscription form a group: its frames are built once, so the
 * work of an event grows with the number of groups, and only the sends with the number of viewers.
 */
export class Viewers {
  readonly #groups = new Map<string, Group>();
  readonly #counters: Counters;
  readonly #logger: Log;
  readonly #around: ViewersSurroundings;

  constructor(counters: Counters, logger: Log, around: ViewersSurroundings) {
    this.#counters = counters;
    this.#logger = logger;
    this.#around = around;
  }

  get count(): number {
    let count = 0;
    for (const group of this.#groups.values()) count += group.viewers.size;
    return count;
  }

  /** HL3: who watches, names without doubles. One whose token has ended is not counted: its socket ends with its next frame, in or out (AC4). */
  presence(limit: number, now: number): { count: number; names: string[] } {
    const present = [...this.all()].filter(({ attachment }) => !hasEnded(attachment, now));
    const names = new Set(present.map(({ attachment }) => attachment.sub));
    return { count: present.length, names: [...names].sort().slice(0, limit) };
  }

  *all(): Generator<Viewer> {
    for (const group of this.#groups.values()) yield* group.viewers;
  }

  has(viewer: Viewer): boolean {
    return this.#groups.get(groupKey(viewer.attachment))?.viewers.has(viewer) ?? false;
  }

  add(viewer: Viewer, now: number): void {
    this.#groupOf(viewer.attachment, now).viewers.add(viewer);
  }

  remove(viewer: Viewer): boolean {
    const key = groupKey(viewer.attachment);
    const group = this.#groups.get(key);
    const removed = group?.viewers.delete(viewer) ?? false;
    if (group?.viewers.size === 0) this.#groups.delete(key);
    return removed;
  }

  /** VW5: a later change of subscription lives in the attachment. */
  resubscribe(viewer: Viewer, subscription: Subscription, now: number): void {
    this.remove(viewer);
    viewer.attachment = { ...viewer.attachment, subscription };
    viewer.socket.remember(viewer.attachment);
    this.add(viewer, now);
  }

  /** Sends new lines to everybody who wants them, and moves everybody's position (VW4). @param lines without holes */
  publish(lines: readonly Line[], now: number): void {
    const first = lines[0]?.offset;
    const through = lines.at(-1)?.offset;
    if (first === undefined || through === undefined) return;
    for (const group of this.#groups.values()) {
      const wanted = lines.filter((line) => group.wants(line.type));
      const frames = this.#frames(group, wanted, through, now);
      for (const viewer of group.viewers) {
        if (viewer.through >= through) continue;
        if (viewer.window.behind) {
          if (viewer.window.stalled(now)) this.end(viewer, "slow");
          continue;
        }
        // One that is ahead (VW3) has seen the beginning of these already.
        const own = viewer.through >= first ? group.codec.frames(after(wanted, viewer.through), through, now) : frames;
        this.deliver(viewer, own, through, now);
      }
    }
  }

  /**
   * Sends events, as far as the viewer's window goes (VW6). One whose window is full is behind from there on; a plain one that has
   * had as much as a connection may carry is recycled.
   * @param through the viewer's position after all of the frames
   * @returns whether the viewer is still there
   */
  deliver(viewer: Viewer, frames: readonly Frame[], through: number, now: number): boolean {
    for (const frame of frames) {
      if (!this.#send(viewer, frame.wire, frame.sent.bytes, now)) return false;
      viewer.through = frame.sent.through;
      viewer.window.sent(frame.sent, now);
      if (viewer.window.full && viewer.through < through) {
        this.#fallBehind(viewer);
        return true;
      }
    }
    viewer.through = through;
    if (viewer.window.full) this.#fallBehind(viewer);
    const held = viewer.attachment.mode === "plain" ? viewer.socket.buffered() : null;
    if (held !== null && held > VIEWER_WINDOW_BYTES) return this.end(viewer, "slow");
    return viewer.window.spent ? this.end(viewer, "recycled") : true;
  }

  /** Tells one viewer something that is no event. @returns whether it is still there */
  tell(viewer: Viewer, message: RoomMessage, now: number): boolean {
    const wire = codecOf(viewer.attachment.mode).message(message, now);
    return this.#send(viewer, wire, frameSize(wire), now);
  }

  /** The viewer has seen offsets that mean something else now: it is welcomed anew, and goes on after `through`. */
  startOver(viewer: Viewer, through: number, now: number): void {
    viewer.through = through;
    viewer.window.startOver();
    // Where it was before must not come back with a wake from hibernation.
    viewer.attachment = { ...viewer.attachment, joined_at: through, behind_at: null };
    viewer.socket.remember(viewer.attachment);
    this.tell(viewer, this.#around.welcomeAgain(viewer, now), now);
  }

  /** Nothing that it still sends counts any more. @returns false: the viewer is gone */
  end(viewer: Viewer, code: EndingCode, message: string = ERRORS[code].message): false {
    this.#logger("info", "viewer closed", { client_id: viewer.attachment.client_id, code });
    this.#counters.refused(code);
    viewer.socket.close(ERRORS[code].close, message);
    return this.#gone(viewer);
  }

  /** One whose token has ended is closed instead (AC4), one that is gone is dropped. @returns whether the viewer is still there */
  #send(viewer: Viewer, wire: Wire, bytes: number, now: number): boolean {
    if (hasEnded(viewer.attachment, now)) return this.end(viewer, "token_expired");
    if (!viewer.socket.send(wire)) {
      this.#counters.error(viewer.attachment.client_id);
      this.#logger("warning", "a send failed", { client_id: viewer.attachment.client_id });
      return this.#gone(viewer);
    }
    this.#counters.sent(bytes, now);
    return true;
  }

  /** @returns false: the viewer is not there any more */
  #gone(viewer: Viewer): false {
    if (this.remove(viewer)) this.#around.ended();
    return false;
  }

  /** VW6: remembered in the attachment too, since it outlives the memory of this object. */
  #fallBehind(viewer: Viewer): void {
    viewer.window.behind = true;
    viewer.attachment = { ...viewer.attachment, behind_at: viewer.through };
    viewer.socket.remember(viewer.attachment);
  }

  #frames(group: Group, wanted: readonly Line[], through: number, now: number): Frame[] {
    // Where the filter took out everything, positions travel with the next frame, or alone when it has been quiet for long.
    if (wanted.length === 0 && now - group.lastFrameAt < EMPTY_BATCH_AFTER_MS) return [];
    group.lastFrameAt = now;
    return group.codec.frames(wanted, through, now);
  }

  #groupOf(attachment: ViewerAttachment, now: number): Group {
    const key = groupKey(attachment);
    const known = this.#groups.get(key);
    if (known) return known;
    const codec = codecOf(attachment.mode);
    const group: Group = { codec, wants: matcher(attachment.subscription), viewers: new Set(), lastFrameAt: now };
    this.#groups.set(key, group);
    return group;
  }
}

/** The lines after a viewer's own position. */
function after(lines: readonly Line[], position: number): Line[] {
  return lines.filter((line) => line.offset > position);
}

function groupKey(attachment: ViewerAttachment): string {
  return `${attachment.mode} ${subscriptionKey(attachment.subscription)}`;
}
