import type { Connection } from "../ingest/connection.ts";

/**
 * Tells hooks how far their messages are recorded. On a full disk a hook may come back before what it sent is: it sends that again, which is here
 * already, and the ack has to go to its new connection.
 */
export type HookAcks = {
  /** @returns false for a message that is here already */
  take(connection: Connection, session: string, n: number): boolean;
  /** The messages of a session up to `n` are in the spool. */
  recorded(session: string, n: number): void;
};

type Hook = { connection: Connection; taken: number; recorded: number };

export function createHookAcks(): HookAcks {
  const hooks = new Map<string, Hook>();
  return {
    take: (connection, session, n) => {
      const { taken, recorded } = hooks.get(session) ?? { taken: 0, recorded: 0 };
      hooks.set(session, { connection, taken: Math.max(taken, n), recorded });
      if (n > taken) return true;
      if (n <= recorded) connection.acknowledge(recorded);
      return false;
    },
    recorded: (session, n) => {
      const hook = hooks.get(session);
      if (!hook) return;
      hook.recorded = n;
      hook.connection.acknowledge(n);
    },
  };
}
