/**
 * A real relay for tests that are not written in TypeScript. It answers each line on its input, a JSON object, with one on its output:
 * first `{"url"}` when it is there, then `{"do": "token", "role", "runs", "lifetime_s"}` → `{"token"}`, `{"do": "kill"}` and
 * `{"do": "restart"}` → `{}`. It ends with its input.
 */
import { createInterface } from "node:readline";
import { z } from "zod";
import { claims } from "../../protocol/claims.ts";
import { startRelay } from "./relay.ts";

const asked = z.discriminatedUnion("do", [
  z.object({ do: z.literal("token"), role: claims.shape.role, runs: claims.shape.runs, lifetime_s: z.number() }),
  z.object({ do: z.literal("kill") }),
  z.object({ do: z.literal("restart") }),
]);

const relay = await startRelay();
answer({ url: relay.url });
for await (const line of createInterface({ input: process.stdin })) {
  const wanted = asked.parse(JSON.parse(line));
  switch (wanted.do) {
    case "token":
      answer({ token: await relay.token(wanted.role, wanted.runs, { lifetime_s: wanted.lifetime_s }) });
      break;
    case "kill":
      await relay.kill9();
      answer({});
      break;
    case "restart":
      await relay.restart();
      answer({});
      break;
    default:
      wanted satisfies never;
  }
}
await relay.stop();

function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
