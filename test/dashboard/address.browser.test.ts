import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildDashboard, isDashboardFresh } from "../../scripts/make/dashboard.ts";
import { chromiumPath, startChromium } from "../support/chromium.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { openPage } from "./open-page.ts";
import { Producer } from "./producer.ts";

let relay: Relay;
let browser: Browser;
let producer: Producer;

beforeAll(async () => {
  if (!isDashboardFresh()) await buildDashboard({ quiet: true });
  [relay, browser] = await Promise.all([startRelay(), startChromium()]);
  producer = await Producer.connect({
    url: relay.url,
    run: "r1",
    token: await relay.token("agent", "r1"),
    runInfo: { type: "run_info", name: "first run" },
  });
});
afterAll(async () => {
  await producer?.close();
  await browser?.close();
  await relay?.stop();
});

/** Every request of the page that is opened, and every address that its history has. */
async function visit(page: Page, address: string): Promise<{ requests: { url: string; referer: string | null }[]; addresses: string[] }> {
  const requests: { url: string; referer: string | null }[] = [];
  page.on("request", (request) => requests.push({ url: request.url(), referer: request.headers().referer || null }));
  page.on("websocket", (socket) => requests.push({ url: socket.url(), referer: null }));
  await page.goto(address);
  await page.getByText("first run").first().waitFor();
  // In the page: `navigation.entries()`, as every address that "back" could lead to.
  const addresses = (await page.evaluate("[location.href, ...navigation.entries().map((entry) => entry.url)]")) as string[];
  return { requests, addresses };
}

describe.skipIf(chromiumPath === undefined)("a token in the page's address", () => {
  test("AC2 a link's fragment is in no request, and leaves the address and the history at once", async () => {
    const token = await relay.token("viewer", "r1");
    for (const path of ["/", "/runs/r1"]) {
      const { page, complaints } = await openPage(browser);
      const { requests, addresses } = await visit(page, `${relay.url}${path}#token=${token}`);
      expect(addresses.filter((address) => address.includes(token))).toEqual([]);
      // What the browser shows its tools as the document's address has the fragment; what it sends has not.
      expect(requests.slice(1).filter(({ url, referer }) => url.includes(token) || referer?.includes(token))).toEqual([]);
      expect(complaints).toEqual([]);
    }
  });

  test("AC2 ?token= signs in, and is gone from the address before anything else is asked for; the rest of the query stays", async () => {
    const token = await relay.token("viewer", "r1");
    for (const path of ["/", "/runs/r1"]) {
      const { page, complaints } = await openPage(browser);
      const { requests, addresses } = await visit(page, `${relay.url}${path}?a=1&token=${token}&b=%20x`);
      expect(new Set(addresses)).toEqual(new Set([`${relay.url}${path}?a=1&b=%20x`]));
      expect(requests[0]?.url).toContain(token);
      expect(requests.slice(1).filter(({ url, referer }) => url.includes(token) || referer !== null)).toEqual([]);
      expect(complaints).toEqual([]);
      await page.reload();
      await page.getByText("first run").first().waitFor();
    }
  });

  test("AC5 a revoked session says why, and keeps neither its token nor its cookie", async () => {
    const { page, context } = await openPage(browser);
    const made = await fetch(`${relay.url}/api/tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${await relay.token("owner", "*")}`, "content-type": "application/json" },
      body: JSON.stringify({ role: "viewer", runs: "r1", sub: "Ada", expires_in: 3600 }),
    });
    const { token, jti } = (await made.json()) as { token: string; jti: string };
    await visit(page, `${relay.url}/runs/r1#token=${token}`);
    await expect.poll(async () => (await context.cookies()).length).toBe(1);
    const gone = await fetch(`${relay.url}/api/tokens/${jti}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${await relay.token("owner", "*")}` },
    });
    expect(gone.ok).toBe(true);
    await page.getByText("was revoked").waitFor();
    expect(await page.evaluate('localStorage.getItem("runcast.token")')).toBeNull();
    await expect.poll(async () => (await context.cookies()).length).toBe(0);
    // Over HTTP, too: whoever opens the link again.
    await page.goto(`${relay.url}/#token=${token}`);
    await page.getByText("was revoked").waitFor();
    expect(await page.evaluate('localStorage.getItem("runcast.token")')).toBeNull();
  });
});
