import { httpAddress } from "../../../client/address.ts";
import { CLOCK_LEEWAY_S, errorBody } from "../../../protocol/index.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** A relay that sleeps is awake in a second; one behind a slow line needs a few. */
const ANSWER_MS = 10_000;
/** In seconds: the header tells whole ones, and the way takes some. More shows in latencies and in how old things are said to be. */
const CLOCK_NOTICED_S = 5;

/** `there`: whether to ask it more. */
export type RelayFindings = { there: boolean; findings: Finding[] };

/** Whether the relay answers and can work, and how far this machine's clock is from its own. */
export async function checkRelay({ http: url, onThisMachine }: { http: string; onThisMachine: boolean }): Promise<RelayFindings> {
  const before = Date.now();
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(httpAddress(url, "/healthz"), { signal: AbortSignal.timeout(ANSWER_MS) });
    body = await response.json().catch(() => null);
  } catch (error) {
    const advice = "start one with `npm start`, or give its address with --relay or RUNCAST_RELAY";
    return { there: false, findings: [failed("relay", `nothing answers at ${url}: ${reasonOf(error)}`, advice)] };
  }
  const clock = clockFinding(response.headers.get("date"), (before + Date.now()) / 2, onThisMachine);
  if (response.ok && typeof body === "object" && body !== null && "ok" in body) {
    return { there: true, findings: [ok("relay", `${url} answers and can work`), clock] };
  }
  const said = errorBody.safeParse(body);
  const finding = said.success
    ? failed("relay", `${url}: ${said.data.error.message} (${said.data.error.code})`, "whoever runs the relay has to mend that")
    : failed(
        "relay",
        `what answers at ${url} is no runcast relay (HTTP ${response.status})`,
        "look at the address: --relay or RUNCAST_RELAY",
      );
  return { there: said.success, findings: [finding] };
}

/**
 * @param date the header; Cloudflare sends it, workerd by itself does not
 * @param now milliseconds since 1970, in the middle of the question
 */
export function clockFinding(date: string | null, now: number, onThisMachine: boolean): Finding {
  const told = Date.parse(date ?? "");
  if (Number.isNaN(told) && onThisMachine) return ok("clock", "the relay runs on this machine, by the same clock");
  if (Number.isNaN(told)) return warning("clock", "the relay does not tell its time", "compare this machine's clock with another by hand");
  // The header leaves out the fraction of its second.
  const ahead = Math.round((now - told - 500) / 1000);
  const size = Math.abs(ahead);
  const message = `this machine's clock is ${size} s ${ahead < 0 ? "behind" : "ahead of"} the relay's`;
  const advice = "set it by the network: timedatectl set-ntp true";
  if (size > CLOCK_LEEWAY_S) return failed("clock", `${message}: tokens made here may not be good there`, advice);
  return size > CLOCK_NOTICED_S ? warning("clock", message, advice) : ok("clock", size === 0 ? "it agrees with the relay's" : message);
}

/** @returns the system's word for why a connection did not come about */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? cause.message || String("code" in cause ? cause.code : cause.name) : error.message;
}
