import assert from "node:assert/strict";
import { errorBody } from "../../../protocol/index.ts";
import { PATIENCE_MS } from "./peer.ts";

export type Answer = { status: number; headers: Headers; text: string; bytes: Uint8Array; json: unknown };

export type Request = {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  /** Text or bytes as they are; anything else as JSON. */
  body?: unknown;
};

/** Asks, and reads the whole answer. `json` is undefined where it is none. */
export async function ask(url: string, { method = "GET", headers = {}, body }: Request = {}): Promise<Answer> {
  const plain = typeof body === "string" || body instanceof Uint8Array || body === undefined;
  const response = await fetch(url, {
    method,
    headers: { ...(plain ? {} : { "Content-Type": "application/json" }), ...headers },
    redirect: "manual",
    signal: AbortSignal.timeout(PATIENCE_MS),
    ...(body === undefined ? {} : { body: plain ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  return { status: response.status, headers: response.headers, text, bytes, json: parsed(text) };
}

/** Every refusal over HTTP is `{"error":{"code","message"}}`, and shows nothing of the relay's inside. */
export function refused(answer: { status: number; json?: unknown; body?: unknown }, status: number, code: string): void {
  const body = answer.json ?? answer.body;
  const { error } = errorBody.parse(body);
  assert.deepEqual({ status: answer.status, code: error.code }, { status, code });
  assert.ok(error.message.length > 0, "an error says something for people");
  assert.doesNotMatch(JSON.stringify(body), /\bat .*\.(?:ts|js):\d+/, "no stack trace leaves the Worker");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
