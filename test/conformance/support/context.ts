import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnyEvent, Claims, Role, StoredEvent } from "../../../protocol/index.ts";
import { eventPage } from "../../../protocol/index.ts";
import { type Answer, ask, type Request } from "./http.ts";
import { type Peer, type Refusal, type Upgrade, upgrade } from "./peer.ts";
import { greet, type HelloWish, type Producer } from "./producer.ts";
import { runcast, type Started } from "./runcast.ts";
import type { Target } from "./target.ts";
import { type Viewer, type ViewerWish, welcomed } from "./viewer.ts";
import { openWire, type Wire } from "./wire.ts";

/** What one case works with. Whatever it opens, starts or makes is gone when the case is over. */
export type Context = {
  readonly target: Target;
  /** The id of a run that is this case's own; it comes into being with a producer. */
  readonly run: string;
  /** For this case's run, an hour, and a name that says the role, if nothing else is said. */
  token(role: Role, wish?: { runs?: Claims["runs"]; sub?: string; lifetime_s?: number }): Promise<string>;
  /** @param as a role, or a token, or nobody */
  http(path: string, as: Role | { token: string } | null, request?: Request): Promise<Answer>;
  /** Opens a WebSocket. @throws where the relay refuses it */
  open(path: string, how: Upgrade): Promise<Peer>;
  /** @throws where the relay does not refuse the upgrade */
  refusal(path: string, how: Upgrade): Promise<Refusal>;
  /** An agent that has said hello; the run exists when this returns. */
  producer(wish?: HelloWish & { run?: string }): Promise<Producer>;
  /** An agent's connection that has not said anything yet. */
  silentProducer(run?: string): Promise<Peer>;
  /** A batched viewer, if nothing else is said. @param query such as "?replay=0" */
  viewer(query?: string, wish?: ViewerWish): Promise<Viewer>;
  /** The whole log, page by page, over HTTP. */
  log(run?: string): Promise<StoredEvent[]>;
  /** `runcast …` of this checkout, as a process. @param environment beside what this process has */
  runcast(args: readonly string[], environment?: Record<string, string>): Started;
  /** A folder that is this case's own. */
  folder(): string;
  /** A line to the relay that can be cut. */
  wire(): Promise<Wire>;
};

/** @returns the context, and what ends everything that was opened in it */
export function createContext(target: Target): { at: Context; end(): Promise<void> } {
  const run = target.freshRun();
  const endings: (() => void | Promise<void>)[] = [];
  let ownFolder: string | undefined;

  const token: Context["token"] = (role, { runs = run, sub = `the ${role}`, lifetime_s = 3600 } = {}) =>
    target.token({ role, runs, sub, lifetime_s });
  const bearer = async (role: Role, runs: Claims["runs"] = run) => ({ Authorization: `Bearer ${await token(role, { runs })}` });
  const open: Context["open"] = async (path, how) => {
    const opening = await upgrade(`${target.ws}${path}`, how);
    if (!opening.ok) throw new Error(`the relay refuses ${path.split("?")[0]}: ${opening.status} ${JSON.stringify(opening.body)}`);
    endings.push(() => opening.peer.cut());
    return opening.peer;
  };
  const folder = () => {
    ownFolder ??= mkdtempSync(join(tmpdir(), "runcast-conformance-"));
    return ownFolder;
  };

  const at: Context = {
    target,
    run,
    token,
    open,
    folder,
    async http(path, as, request = {}) {
      const authorization: Record<string, string> =
        as === null ? {} : typeof as === "string" ? await bearer(as) : { Authorization: `Bearer ${as.token}` };
      return ask(`${target.url}${path}`, { ...request, headers: { ...authorization, ...request.headers } });
    },
    async refusal(path, how) {
      const opening = await upgrade(`${target.ws}${path}`, how);
      if (!opening.ok) return opening;
      opening.peer.cut();
      throw new Error(`the relay lets in what it should refuse: ${path.split("?")[0]}`);
    },
    async producer({ run: other = run, ...wish } = {}) {
      return greet(await at.silentProducer(other), wish);
    },
    async silentProducer(other = run) {
      return open(`/runs/${other}/agent`, { headers: await bearer("agent", other) });
    },
    async viewer(query = "", { mode = "runcast.v1.json", role = "viewer", run: other = run, token: given, sub } = {}) {
      const shown = given ?? (await token(role, { runs: other, ...(sub === undefined ? {} : { sub }) }));
      const how: Upgrade = mode === "plain" ? { headers: { Authorization: `Bearer ${shown}` } } : { protocols: [mode, `bearer.${shown}`] };
      return welcomed(await open(`/runs/${other}/ws${query}`, how), mode);
    },
    async log(other = run) {
      const events: AnyEvent[] = [];
      for (let after: number | null = 0; after !== null; ) {
        const answer = await ask(`${target.url}/api/runs/${other}/events?after=${after}&limit=1000`, {
          headers: await bearer("viewer", other),
        });
        if (answer.status !== 200) throw new Error(`events: ${answer.status} ${answer.text}`);
        const page = eventPage.parse(answer.json);
        events.push(...page.events);
        after = page.next;
      }
      return events as StoredEvent[];
    },
    runcast(args, environment = {}) {
      const started = runcast(args, folder(), environment);
      endings.push(started.end);
      return started;
    },
    async wire() {
      const wire = await openWire(target.url);
      endings.push(wire.close);
      return wire;
    },
  };
  return {
    at,
    async end() {
      for (const ending of endings.reverse()) await ending();
      if (ownFolder !== undefined) rmSync(ownFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
