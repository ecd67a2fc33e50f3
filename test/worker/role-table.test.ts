import { Hono } from "hono";
import { afterAll, describe, expect, test } from "vitest";
import type { Claims, Role } from "../../protocol/index.ts";
import type { AppContext } from "../../worker/app-context.ts";
import { type Access, AGENT_MESSAGES, type Reach, ROUTES, VIEWER_MESSAGES } from "../../worker/auth/role-table.ts";
import { checkRoutes } from "../../worker/http/route.ts";
import { greeted } from "./support/greeted.ts";
import { AGENT_ATTEMPTS, tellRoom, VIEWER_ATTEMPTS } from "./support/message-attempts.ts";
import { alone, newRun } from "./support/rooms.ts";
import { ATTEMPTS, type Attempt, ask, createWorld, type World } from "./support/route-attempts.ts";
import { agent, batchedViewer, line, open } from "./support/sockets.ts";
import { token } from "./support/tokens.ts";

const ROLES: readonly Role[] = ["viewer", "operator", "agent", "owner"];
/** Which runs a caller's token is for. */
const SCOPES = ["its run", "another run", "all runs"] as const;
type Scope = (typeof SCOPES)[number];

const rows = Object.entries(ROUTES as Record<string, Access>);
let cells = 0;
afterAll(() => console.log(`role table: ${cells} cells tried`));

/** What the table says of a cell: an HTTP status, null for the success of the row. */
function expected(access: Access, role: Role, scope: Scope): number | null {
  if (access === "anyone") return null;
  if (access.reach === "run" && scope === "another run") return 403;
  if (!access.roles.includes(role)) return 403;
  return access.reach === "all" && scope !== "all runs" ? 403 : null;
}

function runsOf(scope: Scope, at: World): Claims["runs"] {
  return { "its run": at.run, "another run": at.other, "all runs": "*" }[scope];
}

async function tryCell(name: string, access: Access, attempt: Attempt, role: Role, scope: Scope, at: World): Promise<void> {
  cells += 1;
  const reach: Reach | null = access === "anyone" ? null : access.reach;
  const [run, other] = reach === "own" && scope === "another run" ? [at.other, at.run] : [at.run, at.other];
  const response = await attempt.ask(at, await token({ role, runs: runsOf(scope, at) }), run);
  const refusal = expected(access, role, scope);
  expect([name, role, scope, response.status]).toEqual([name, role, scope, refusal ?? attempt.status]);
  if (refusal !== null) {
    expect(await response.json()).toMatchObject({ error: { code: "forbidden" } });
    return;
  }
  if (reach === "own" && scope !== "all runs") {
    if (attempt.keepsTo === undefined) throw new Error(`nothing looks whether ${name} keeps to the caller's own runs`);
    await attempt.keepsTo(at, response, run, other);
    return;
  }
  response.webSocket?.accept();
  await response.body?.cancel();
}

describe("the role table", () => {
  test.each(rows)("AC5 %s: whom its row lets in gets through, everybody else is refused, by token, role and run", async (name, access) => {
    const attempt = ATTEMPTS[name];
    if (attempt === undefined) throw new Error(`there is no way to try ${name}: add one`);
    const at = await createWorld(newRun(), newRun());
    cells += 1;
    const bare = await attempt.ask(at, null, at.run);
    expect([name, "no token", bare.status]).toEqual([name, "no token", attempt.bare ?? 401]);
    if (access !== "anyone") expect(attempt.bare).toBeUndefined();
    for (const role of ROLES) for (const scope of SCOPES) await tryCell(name, access, attempt, role, scope, at);
  });

  test.each(Object.entries(VIEWER_MESSAGES))(
    "AC5 a viewer's message %s: roles of its row are answered, others are told that they may not",
    async (type, roles) => {
      const attempt = VIEWER_ATTEMPTS[type];
      if (attempt === undefined) throw new Error(`there is no way to try ${type}: add one`);
      const [run, other] = [newRun(), newRun()];
      await agent(run);
      for (const role of ROLES) {
        cells += 2;
        const elsewhere = await ask(`/runs/${run}/ws`, await token({ role, runs: other }), { headers: { Upgrade: "websocket" } });
        expect([type, role, elsewhere.status]).toEqual([type, role, 403]);
        const viewer = await batchedViewer(run, "?replay=0", role);
        const answer = await tellRoom(viewer, attempt, { role });
        if (roles.includes(role)) expect([type, role, answer.type]).toEqual([type, role, attempt.answer ?? "pong"]);
        else expect([type, role, answer]).toMatchObject([type, role, { type: "error", code: "forbidden" }]);
        viewer.close();
      }
    },
  );

  test.each(Object.entries(AGENT_MESSAGES))("AC5 an agent's message %s: for roles of its row, and its run, alone", async (type, roles) => {
    const attempt = AGENT_ATTEMPTS[type];
    if (attempt === undefined) throw new Error(`there is no way to try ${type}: add one`);
    const [run, other] = [newRun(), newRun()];
    for (const role of ROLES) {
      cells += 2;
      const elsewhere = await ask(`/runs/${run}/agent`, await token({ role, runs: other }), { headers: { Upgrade: "websocket" } });
      expect([type, role, elsewhere.status]).toEqual([type, role, 403]);
      if (roles.includes(role)) {
        expect(role).toBe("agent");
        await attempt(await agent(run), run);
      } else {
        const headers = { Authorization: `Bearer ${await token({ role })}` };
        await expect(open(`/runs/${run}/agent`, headers)).rejects.toThrow("403");
      }
    }
  });
});

describe("a producer's socket", () => {
  test("AC5 a role that its messages are not for is told so, should it ever come to a producer's socket", async () => {
    const run = newRun();
    await agent(run);
    await alone(run, 0, (room) => {
      const { lastOffset } = room.core.log;
      const { say, told, closed } = greeted(room, run, { exp: 1e12, now: 0, role: "operator" });
      say({ type: "batch", first_seq: 1, events: [line("not from me")] }, 1);
      // Its hello was the end of it.
      expect(told).toMatchObject([{ type: "error", code: "forbidden" }]);
      expect(closed).toEqual([4103]);
      expect(room.core.log.lastOffset).toBe(lastOffset);
    });
  });
});

describe("routes and rows", () => {
  const none = new Set<string>();
  const app = (...names: string[]) => {
    const made = new Hono<AppContext>();
    for (const name of names) {
      const [method = "", path = ""] = name.split(" ");
      made.on(method, [path], (c) => c.text("here"));
    }
    return made;
  };

  test("AC5 a relay with a route that has no row in the role table does not start", () => {
    expect(() => checkRoutes(app(...Object.keys(ROUTES), "GET /api/runs/:run/secret"), none)).toThrow("GET /api/runs/:run/secret");
    expect(() => checkRoutes(app(...Object.keys(ROUTES)), none)).not.toThrow();
  });

  test("AC5 a relay without a route that the role table speaks of does not start", () => {
    expect(() => checkRoutes(app(...Object.keys(ROUTES).slice(1)), none)).toThrow(Object.keys(ROUTES)[0]);
  });

  test("AC5 a route for one method is no route for another", () => {
    const others = Object.keys(ROUTES).filter((name) => name !== "GET /api/runs");
    expect(() => checkRoutes(app(...others, "POST /api/runs"), none)).toThrow("POST /api/runs");
  });
});
