import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { ROOT } from "../root.ts";

const SOURCES = ["dashboard", "client", "protocol", "package-lock.json"].map((name) => join(ROOT, name));

/** Where the built page lies; wrangler.toml serves it from there. */
export const DASHBOARD_OUT = join(ROOT, "dist", "dashboard");

/** @returns whether the built page is there and newer than everything that it is made of */
export function isDashboardFresh(): boolean {
  const built = join(DASHBOARD_OUT, "index.html");
  return existsSync(built) && newestIn(SOURCES) <= statSync(built).mtimeMs;
}

/** Builds the page, the same one also where a test runner asks: a page of another mode has files of other names. @param options quiet: say nothing unless something is wrong */
export async function buildDashboard(options: { quiet: boolean }): Promise<void> {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  try {
    await build({
      root: join(ROOT, "dashboard"),
      logLevel: options.quiet ? "warn" : "info",
      build: { outDir: DASHBOARD_OUT, emptyOutDir: true },
    });
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
}

function newestIn(paths: string[]): number {
  return Math.max(
    ...paths.map((path) => {
      const status = statSync(path);
      if (!status.isDirectory()) return status.mtimeMs;
      return Math.max(status.mtimeMs, newestIn(readdirSync(path).map((name) => join(path, name))));
    }),
    0,
  );
}
