import { expect, onTestFinished, test, vi } from "vitest";
import { sayOnce } from "../../agent/log.ts";
import { agentLog } from "../../agent/session/agent-log.ts";
import { withoutTokens } from "../../protocol/index.ts";
import { createLog, thrown } from "../../worker/log.ts";

const SIGNATURE = "c2lnbmF0dXJlLW9mLWEtdG9rZW4tdGhhdC1wcm92ZXM";
const TOKEN = `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJBZGEifQ.${SIGNATURE}`;

test("AC2 a token is masked wherever it stands in a line, and nothing else is", () => {
  expect(withoutTokens(`GET /runs/r1/ws?token=${TOKEN}&a=1 and bearer.${TOKEN}, ${TOKEN}.`)).toBe(
    "GET /runs/r1/ws?token=[token]&a=1 and bearer.[token], [token].",
  );
  for (const text of ["loss.train.step 0.5", "at file:///a/b.c.d:1:2", "sdxl.v1.0-final.safetensors", "eyJust a word"]) {
    expect(withoutTokens(text)).toBe(text);
  }
});

test("AC2 the relay's log masks one in a path, a field, and in what was thrown", () => {
  const written: string[] = [];
  const spy = vi.spyOn(console, "log").mockImplementation((line: string) => written.push(line));
  onTestFinished(() => spy.mockRestore());
  const log = createLog("debug", { run: TOKEN });
  // As hono/jwt puts it: the token is part of the message.
  const error = new Error(`token (${TOKEN}) signature mismatched`);
  log("error", `a request failed: ${TOKEN}`, { path: `/api/runs/${TOKEN}`, ...thrown(error) });
  log("error", "a request failed", thrown(`https://relay.example/?token=${TOKEN}`));
  expect(written).toHaveLength(2);
  expect(written.filter((line) => line.includes(SIGNATURE))).toEqual([]);
  expect(written.map((line) => JSON.parse(line).message)).toEqual(["a request failed: [token]", "a request failed"]);
});

test("AC2 the agent's own words mask one, on its terminal and in the run's log", () => {
  const written: string[] = [];
  sayOnce("debug", (line) => written.push(line))("info", `refused: ${TOKEN}`);
  expect(written).toEqual(["runcast: refused: [token]"]);
  expect(agentLog("warning", `refused: ${TOKEN}`, 0)).toMatchObject({ message: "refused: [token]" });
});
