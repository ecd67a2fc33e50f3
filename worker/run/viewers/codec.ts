import type { RoomMessage, ViewerMessage } from "../../../protocol/index.ts";
import type { Understood } from "../frame.ts";
import type { Line } from "../log/line.ts";

/** What goes through a viewer's socket: a text frame or a binary one. */
export type Wire = string | Uint8Array;

/** What a viewer is known to have been sent: how far it is after a frame, and how large that was. */
export type Sent = { readonly through: number; readonly bytes: number };

/** One frame with events. The same object goes to every viewer of a group. */
export type Frame = { readonly wire: Wire; readonly sent: Sent };

/** How frames are written and read: one for each mode of viewers. */
export type Codec = {
  /**
   * @param lines what passed the viewer's filter
   * @param through the position after the last frame, also where the filter took out everything
   */
  frames(lines: readonly Line[], through: number, now: number): Frame[];
  message(message: RoomMessage, now: number): Wire;
  read(frame: string | ArrayBuffer): Understood<ViewerMessage>;
};
