import { randomBytes } from "node:crypto";
import type { Claims } from "../../protocol/claims.ts";
import { type RelayProcess, startRelayProcess } from "../../scripts/relay/process.ts";
import { signToken } from "../../scripts/relay/tokens.ts";
import { temporaryFolder } from "./temporary.ts";

/** A real relay of this checkout, on a port and a state folder of its own. */
export type Relay = {
  /** Origin, such as http://127.0.0.1:41235; the same after a restart. */
  readonly url: string;
  /** Origin for WebSockets. */
  readonly ws: string;
  /** The workerd that runs the Worker, without wrangler's front, which is a second one: for benches. Another after a restart. */
  readonly innerUrl: string;
  readonly secret: string;
  /** @param lifetime_s in seconds, an hour if not said */
  token(role: Claims["role"], runs: Claims["runs"], options?: { sub?: string; lifetime_s?: number }): Promise<string>;
  /** Ends relay and workerd without warning; the data stays. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and data, after `kill9` or in place of the one that runs. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** The process group of the relay and its workerd. */
  group(): number;
  /** What the relay has logged, one entry a line. */
  readonly log: readonly string[];
};

/**
 * Starts a relay (about 2 s). Start one in `beforeAll`, share it among the tests of the file, and stop it in `afterAll`.
 *
 * @param options variables: Worker variables beside the secret, such as RUNCAST_LOG_LEVEL ("warning" if not said);
 *   upgradesPerMinute, in place of the product's limit; config: of another Worker than ours, which answers /healthz too
 */
export async function startRelay(
  options: { variables?: Record<string, string>; upgradesPerMinute?: number; config?: string } = {},
): Promise<Relay> {
  const { variables: more, ...host } = options;
  const secret = randomBytes(32).toString("base64url");
  const folder = temporaryFolder();
  const log: string[] = [];
  const variables = { RUNCAST_LOG_LEVEL: "warning", ...more, RUNCAST_SECRET: secret };

  let running = await start(0);
  const url = running.url;

  async function start(port: number): Promise<RelayProcess> {
    const where = { host: "127.0.0.1", port, persist: folder.path };
    const started = await startRelayProcess({ ...where, variables, watch: false, ...host }, (stream) => {
      stream.setEncoding("utf8").on("data", (text: string) => log.push(...text.split("\n").filter((line) => line !== "")));
    });
    if (!started.ok) throw new Error([started.message, ...log].join("\n"));
    return started.relay;
  }

  return {
    url,
    ws: url.replace(/^http/, "ws"),
    get innerUrl() {
      return running.innerUrl;
    },
    secret,
    log,
    token: (role, runs, { sub = `${role} in a test`, lifetime_s = 3600 } = {}) =>
      signToken(secret, { sub, role, runs }, lifetime_s, Date.now()),
    group: () => running.group,
    kill9: () => running.kill(),
    async restart() {
      await running.kill();
      running = await start(Number(new URL(url).port));
    },
    async stop() {
      await running.stop();
      folder.remove();
    },
  };
}
