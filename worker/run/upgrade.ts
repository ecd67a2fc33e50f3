import type { ReplayWish } from "./log/replay.ts";
import type { Identity, ViewerMode } from "./sockets.ts";
import type { Subscription } from "./viewers/subscription.ts";

/** What the Worker tells a room about an upgrade that it let through, as JSON in this header. One that came from outside is removed. */
export const UPGRADE_HEADER = "x-runcast-upgrade";

export type Upgrade =
  | {
      kind: "viewer";
      run: string;
      identity: Identity;
      mode: ViewerMode;
      /** The sub-protocol to echo, null where none was asked for. */
      protocol: string | null;
      subscription: Subscription;
      wish: ReplayWish;
    }
  | { kind: "agent"; run: string; identity: Identity; protocol: string | null };
