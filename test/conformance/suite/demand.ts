import assert from "node:assert/strict";
import { conform } from "../support/case.ts";
import { status } from "../support/events.ts";

/** PR5: the room says who is watching, the agent batches by it. */
export const demand = [
  conform("PR5 ready says whether somebody watches: idle without a viewer, live with one", async (at) => {
    const producer = await at.producer();
    assert.partialDeepStrictEqual(producer.greeting, { demand: { mode: "idle", batch_ms: 15_000 } });
    const viewer = await at.viewer();
    await producer.nextOf("demand");
    const again = await at.producer({ next_seq: 1 });
    assert.partialDeepStrictEqual(again.greeting, { demand: { mode: "live", batch_ms: 100 } });
    viewer.close();
  }),

  conform("PR5 the moment somebody comes, and the moment the last one has left, are told", async (at) => {
    const producer = await at.producer();
    const first = await at.viewer();
    assert.partialDeepStrictEqual(await producer.next(), { type: "demand", mode: "live", batch_ms: 100 });
    const second = await at.viewer("", { mode: "plain" });
    first.close();
    await first.closed;
    assert.deepEqual(await producer.upToPong(), [], "one of two has left: nothing has changed");
    second.cut();
    assert.partialDeepStrictEqual(await producer.next(), { type: "demand", mode: "idle", batch_ms: 15_000 });
  }),

  conform("PR5 whoever watches with a filter, and sees nothing, still watches", async (at) => {
    const producer = await at.producer();
    await at.viewer("", { mode: "plain" });
    assert.partialDeepStrictEqual(await producer.next(), { type: "demand", mode: "live" });
    await producer.store([status("running")]);
  }),
];
