/**
 * A producer at any rate: the agent's spool and uplink in a process of their own, without a trainer, driven over IPC. The number of each
 * event goes into the spool with it, so that a process that comes after a `kill -9` goes on with the next.
 */

import { parseRelay } from "../../../agent/config/relay.ts";
import { openSpool } from "../../../agent/spool/spool.ts";
import { agentTokens } from "../../../agent/uplink/credentials.ts";
import { createUplink } from "../../../agent/uplink/uplink.ts";
import type { AnyEvent } from "../../../protocol/index.ts";
import { markText } from "./ledger.ts";
import { setSkew } from "./skewed-clock.ts";

export type BurstOptions = {
  stream: string;
  at: string;
  run: string;
  token: string;
  spool: string;
  /** Bytes of events that the spool keeps; the agent's own bound where it is null. */
  spool_bytes: number | null;
  /** The number before the first, where the spool does not know one. */
  after: number;
};

export type ToBurst =
  | {
      type: "produce";
      /** How many in all, if it does not have to finish before; so many at once, every so many milliseconds. */
      count: number;
      at_once: number;
      every_ms: number;
      /** Bytes of ballast in each. */
      bytes: number;
      /** So many `log` events of a stream `filler` with each: what a spool that is full may drop. */
      filler: number;
      /** Their timestamps are spread over this long before now; 0 for now. */
      span_ms: number;
    }
  /** Sets its wall clock. */
  | { type: "clock"; skew_ms: number }
  /** Nothing more is produced; all that there is goes out. */
  | { type: "finish" };

export type FromBurst =
  | { type: "produced"; n: number }
  | { type: "figures"; acked: number; sent: number; waiting: number; live: boolean; life: string }
  | { type: "said"; text: string }
  | { type: "finished" };

const options = JSON.parse(process.argv[2] ?? "{}") as BurstOptions;
const tell = (message: FromBurst) => void process.send?.(message, undefined, undefined, () => undefined);
process.on("disconnect", () => process.exit());

const opened = openSpool(options.spool, options.spool_bytes === null ? {} : { bytes: options.spool_bytes });
const relay = parseRelay(options.at);
if (!opened.ok || !relay) throw new Error(opened.ok ? `no relay: ${options.at}` : opened.message);
const { spool } = opened;
let n = (spool.recall("n") as number | undefined) ?? options.after;
let finishing = false;
let timer: NodeJS.Timeout | undefined;

const uplink = createUplink({
  relay,
  run: options.run,
  tokens: agentTokens({ kind: "token", token: options.token }, options.run),
  spool,
  agent: { name: "burst", version: "0" },
  runInfo: () => ({ name: options.run }),
  say: (_, text) => tell({ type: "said", text }),
  onCommand: () => undefined,
  onLive: () => undefined,
  onChange: () => {
    tell({ type: "figures", ...spool.outbox.figures(), live: uplink.isLive() });
    if (finishing && uplink.outcome() === "done") tell({ type: "finished" });
  },
});

function produce({ count, at_once, every_ms, bytes, filler, span_ms }: Extract<ToBurst, { type: "produce" }>): void {
  const began = Date.now() - span_ms;
  let made = 0;
  timer = setInterval(() => {
    spool.transaction(() => {
      for (let i = 0; i < at_once && made < count; i += 1) {
        made += 1;
        n += 1;
        const at = span_ms === 0 ? Date.now() : began + (span_ms * made) / count;
        const event = eventOf(new Date(at).toISOString(), bytes, filler > 0);
        spool.add(event);
        for (let k = 1; k <= filler; k += 1) {
          spool.add({ ...eventOf(event.timestamp ?? "", bytes, false), message: markText("filler", (n - 1) * filler + k) });
        }
      }
      spool.remember("n", n);
    });
    tell({ type: "produced", n });
    uplink.poke();
    if (made >= count) clearInterval(timer);
  }, every_ms);
}

/** @param kept whether it is of a kind that is never dropped; else it is a `log` event */
function eventOf(timestamp: string, bytes: number, kept: boolean): AnyEvent {
  const mark = markText(options.stream, n);
  if (kept) return { type: "metrics", timestamp, steps: [n], series: { loss: [1 / n] }, mark };
  const event: AnyEvent = { type: "log", timestamp, level: "info", message: mark };
  return bytes > 0 ? { ...event, ballast: "x".repeat(bytes) } : event;
}

process.on("message", (message: ToBurst) => {
  switch (message.type) {
    case "produce":
      produce(message);
      return;
    case "clock":
      setSkew(message.skew_ms);
      return;
    case "finish":
      finishing = true;
      clearInterval(timer);
      uplink.finish();
      return;
  }
});
tell({ type: "produced", n });
uplink.start();
