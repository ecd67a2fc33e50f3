import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

/**
 * Serves a built page from a copy that a test may change, as a host does that is given another version: no relay is behind it.
 *
 * @returns release: makes it another version, whose page says so in a meta element `generation`
 */
export async function servedVersions(built: string, folder: string): Promise<{ url: string; release(name: string): void; close(): void }> {
  cpSync(built, folder, { recursive: true });
  const server = createServer((request, answer) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (path.startsWith("/api/")) return void answer.writeHead(404).end();
    const file = join(folder, path === "/" ? "index.html" : path);
    try {
      const content = readFileSync(file);
      answer.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain", "cache-control": "no-cache" }).end(content);
    } catch {
      answer.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const change = (name: string, from: RegExp, to: string) => {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${name} has no ${from}`);
    writeFileSync(path, changed);
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    release(name) {
      change("index.html", /<head>/, `<head><meta name="generation" content="${name}" />`);
      change("sw.js", /version:(["`'])\w+\1/g, `version:"${name}"`);
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
