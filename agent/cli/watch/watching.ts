import { type Connection, connect, type LinkState, type RunEvent } from "../../../client/index.ts";
import type { RunStatus, StoredEvent, Welcome } from "../../../protocol/index.ts";
import type { Access } from "../access.ts";
import { EXIT_FAILED } from "../usage.ts";

/** What a watcher needs of a connection, and hears of it. */
export type Watching = {
  access: Access;
  run: string;
  since: string | undefined;
  events: readonly string[] | undefined;
  /** End with the run: 0 when it completed or was stopped, 1 on an error. */
  exit: boolean;
};

/** @returns the exit code that a run's end means to a script, null while it has not ended */
export function exitOf(status: RunStatus): number | null {
  if (status === "completed" || status === "stopped") return 0;
  return status === "error" ? EXIT_FAILED : null;
}

export type WatchCallbacks = {
  onEvent: (event: RunEvent) => void;
  onOther?: (event: StoredEvent) => void;
  onWelcome: (welcome: Welcome) => void;
  onState: (state: LinkState) => void;
};

/** A connection that makes a token for each try, where it can. */
export function open({ access, run, since, events }: Omit<Watching, "exit">, callbacks: WatchCallbacks): Connection {
  return connect({
    ...{ url: access.url, run, token: async () => access.token() },
    ...(events === undefined ? {} : { events }),
    ...(since === undefined ? {} : { since }),
    ...callbacks,
  });
}
