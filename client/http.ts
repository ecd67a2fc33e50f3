import { z } from "zod";
import {
  type CommandAccepted,
  type CommandRecord,
  type CommandRequest,
  commandAccepted,
  commandList,
  type EventPage,
  errorBody,
  eventPage,
  type RelayStatus,
  type RunDetail,
  type RunList,
  type RunSummary,
  relayStatus,
  runDetail,
  runList,
  type SampleList,
  type Session,
  type ShareMade,
  type ShareRequest,
  sampleList,
  session,
  shareList,
  shareMade,
  type TokenMade,
  type TokenRecord,
  type TokenRequest,
  tokenList,
  tokenMade,
} from "../protocol/index.ts";
import { httpAddress } from "./address.ts";

/** An answer, or why there is none: the relay's own code, `unreachable`, or `bad_answer` from something that is not a relay. */
export type Answer<T> = { ok: true; value: T } | { ok: false; status: number; code: string; message: string };

export type ApiOptions = {
  /** The relay: http, https, ws or wss. */
  url: string;
  /** Sent as Bearer; without it the browser's session cookie counts. */
  token?: string | null;
  fetch?: typeof fetch;
};

/** Which events: after or before an offset, at most `limit`, of these types. */
export type EventQuery = { after?: number; before?: number; limit?: number; events?: readonly string[] };

/** Which samples: those before an offset, at most `limit`; all without them. */
export type SampleQuery = { before?: number; limit?: number };

export type Api = {
  /** Newest first: the first page. */
  runs(): Promise<Answer<RunSummary[]>>;
  /** A page of the runs, newest first; `before` is what the last page's `next` was. */
  runsPage(query?: { before?: string; limit?: number }): Promise<Answer<RunList>>;
  run(run: string): Promise<Answer<RunDetail>>;
  /** Ends a run for good, with all that the relay has of it. For owners. */
  deleteRun(run: string): Promise<Answer<null>>;
  /** Ascending offsets; `next` is the next page's `after`, or `before`. */
  events(run: string, query?: EventQuery): Promise<Answer<EventPage>>;
  /** Newest first. */
  samples(run: string, query?: SampleQuery): Promise<Answer<SampleList>>;
  /** Asks for a command; the same id twice runs once (CM1). Needs no socket, and says nothing of what becomes of the command. */
  command(run: string, request: CommandRequest): Promise<Answer<CommandAccepted>>;
  /** Newest first. */
  commands(run: string): Promise<Answer<CommandRecord[]>>;
  /** Makes a link to one run; `url` signs in whoever opens it. */
  share(run: string, wish: ShareRequest): Promise<Answer<ShareMade>>;
  /** The links to a run that have not ended, newest first. */
  shares(run: string): Promise<Answer<TokenRecord[]>>;
  /** Ends a link to a run, and every socket that was opened with it. For those who may make such a link. */
  revokeShare(run: string, jti: string): Promise<Answer<null>>;
  /** Makes a token that the relay knows, and can end. For owners. */
  makeToken(wish: TokenRequest): Promise<Answer<TokenMade>>;
  /** Tokens that the relay made and that have not ended, newest first. For owners. */
  tokens(): Promise<Answer<TokenRecord[]>>;
  /** Ends a token by its id, and every socket that was opened with it. For owners. */
  revoke(jti: string): Promise<Answer<null>>;
  /** What the relay knows of itself, and of the runs that the token covers and somebody is connected to. */
  relayStatus(): Promise<Answer<RelayStatus>>;
  /** Trades the token for the session cookie, so that `<img>` works. */
  signIn(): Promise<Answer<Session>>;
  signOut(): Promise<Answer<null>>;
};

/** The relay's HTTP interface, typed. Expected failures are values; nothing here throws. */
export function createApi(options: ApiOptions): Api {
  const get = <T>(path: string, schema: z.ZodType<T>, query?: Record<string, string>) => ask(options, "GET", path, schema, { query });
  return {
    runs: async () => pick(await get("/api/runs", runList), (value) => value.runs),
    runsPage: ({ before, limit } = {}) =>
      get("/api/runs", runList, { ...(before === undefined ? {} : { before }), ...(limit === undefined ? {} : { limit: String(limit) }) }),
    run: (run) => get(`/api/runs/${encodeURIComponent(run)}`, runDetail),
    deleteRun: async (run) => pick(await ask(options, "DELETE", `/api/runs/${encodeURIComponent(run)}`, z.unknown()), () => null),
    events: (run, query = {}) => get(`/api/runs/${encodeURIComponent(run)}/events`, eventPage, eventParameters(query)),
    samples: (run, query = {}) => get(`/api/runs/${encodeURIComponent(run)}/samples`, sampleList, eventParameters(query)),
    command: (run, request) => ask(options, "POST", `/api/runs/${encodeURIComponent(run)}/commands`, commandAccepted, { body: request }),
    commands: async (run) => pick(await get(`/api/runs/${encodeURIComponent(run)}/commands`, commandList), (value) => value.commands),
    share: (run, wish) => ask(options, "POST", `/api/runs/${encodeURIComponent(run)}/share`, shareMade, { body: wish }),
    shares: async (run) => pick(await get(`/api/runs/${encodeURIComponent(run)}/share`, shareList), (value) => value.shares),
    revokeShare: async (run, jti) =>
      pick(await ask(options, "DELETE", `/api/runs/${encodeURIComponent(run)}/share/${encodeURIComponent(jti)}`, z.unknown()), () => null),
    makeToken: (wish) => ask(options, "POST", "/api/tokens", tokenMade, { body: wish }),
    tokens: async () => pick(await get("/api/tokens", tokenList), (value) => value.tokens),
    revoke: async (jti) => pick(await ask(options, "DELETE", `/api/tokens/${encodeURIComponent(jti)}`, z.unknown()), () => null),
    relayStatus: () => get("/api/ws/status", relayStatus),
    signIn: () => ask(options, "POST", "/api/session", session),
    signOut: async () => pick(await ask(options, "DELETE", "/api/session", z.unknown()), () => null),
  };
}

function eventParameters(query: EventQuery): Record<string, string> {
  const parameters: Record<string, string> = {};
  if (query.after !== undefined) parameters.after = String(query.after);
  if (query.before !== undefined) parameters.before = String(query.before);
  if (query.limit !== undefined) parameters.limit = String(query.limit);
  if (query.events !== undefined) parameters.events = query.events.join(",");
  return parameters;
}

async function ask<T>(
  options: ApiOptions,
  method: string,
  path: string,
  schema: z.ZodType<T>,
  { query, body: given }: { query?: Record<string, string> | undefined; body?: unknown } = {},
): Promise<Answer<T>> {
  // Called as a bare function: browsers refuse `fetch` with another `this`.
  const send = options.fetch ?? fetch;
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.token) headers.authorization = `Bearer ${options.token}`;
  if (given !== undefined) headers["content-type"] = "application/json";
  const content = given === undefined ? {} : { body: JSON.stringify(given) };
  let response: Response;
  let body: unknown;
  try {
    response = await send(httpAddress(options.url, path, query), { method, headers, credentials: "same-origin", ...content });
    const text = await response.text();
    body = text === "" ? null : readJson(text);
  } catch {
    return { ok: false, status: 0, code: "unreachable", message: "nothing answers at the relay's address" };
  }
  if (!response.ok) {
    const said = errorBody.safeParse(body);
    const { code, message } = said.success ? said.data.error : { code: "bad_answer", message: `HTTP ${response.status}` };
    return { ok: false, status: response.status, code, message };
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, status: response.status, code: "bad_answer", message: "the answer does not have the expected shape" };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pick<T, U>(answer: Answer<T>, from: (value: T) => U): Answer<U> {
  return answer.ok ? { ok: true, value: from(answer.value) } : answer;
}
