import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { type ConnectOptions, connect, type LinkState } from "../../../client/index.ts";
import { until } from "../../support/until.ts";
import { conform } from "../support/case.ts";
import { lines } from "../support/events.ts";

/** A watcher as a program has one: the messages that it was handed, and the states of its link. */
function watching(options: ConnectOptions) {
  const seen: string[] = [];
  const states: LinkState[] = [];
  const connection = connect({
    ...options,
    WebSocket: WebSocket as unknown as NonNullable<ConnectOptions["WebSocket"]>,
    onEvent: (event) => {
      if (event.type === "log") seen.push(event.message);
    },
    onState: (state) => states.push(state),
  });
  return { connection, seen, states };
}

/** VW9: this checkout's own client, at a relay that it knows by its address alone. */
export const clients = [
  conform(
    "VW9, VW3 a line that breaks again and again: the client comes back by itself and hands on each event once, in order",
    async (at) => {
      const producer = await at.producer();
      const wire = await at.wire();
      const { connection, seen } = watching({ url: wire.url, run: at.run, token: await at.token("viewer") });
      try {
        for (let part = 0; part < 3; part++) {
          await until(() => connection.state.kind === "live", { what: "a live link", timeout_ms: 60_000 });
          await producer.store(lines(50, part * 100));
          wire.set("cut");
          await until(() => connection.state.kind !== "live", { what: "the loss to be noticed", timeout_ms: 60_000 });
          await producer.store(lines(50, part * 100 + 50));
          wire.set("whole");
        }
        await until(() => seen.length >= 300, { what: "everything", timeout_ms: 60_000 });
        assert.deepEqual(
          seen,
          Array.from({ length: 300 }, (_, n) => `${n}`),
        );
      } finally {
        connection.close();
      }
    },
    { needs: ["plain-http"] },
  ),

  conform("VW9 a refusal that another try cannot change ends the client, with the relay's reason", async (at) => {
    const { connection, states } = watching({ url: at.target.url, run: at.run, token: await at.token("viewer") });
    await until(() => connection.state.kind === "closed", { what: "the end", timeout_ms: 60_000 });
    assert.partialDeepStrictEqual(states.at(-1), { kind: "closed", reason: { code: "run_not_found" } });
    const ended = states.length;
    await delay(1500);
    assert.equal(states.length, ended);
  }),
];
