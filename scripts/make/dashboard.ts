import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
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

/**
 * Builds the page beside the one that is there, and puts it in its place in one step: a relay that serves it goes on doing so. The same one also
 * where a test runner asks: a page of another mode has files of other names.
 *
 * @param options quiet: say nothing unless something is wrong
 */
export async function buildDashboard(options: { quiet: boolean }): Promise<void> {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  const made = `${DASHBOARD_OUT}-${process.pid}`;
  try {
    await build({
      root: join(ROOT, "dashboard"),
      logLevel: options.quiet ? "warn" : "info",
      build: { outDir: made, emptyOutDir: true },
    });
    replaceWith(made);
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
}

function replaceWith(made: string): void {
  const old = `${made}-old`;
  if (existsSync(DASHBOARD_OUT)) renameSync(DASHBOARD_OUT, old);
  renameSync(made, DASHBOARD_OUT);
  rmSync(old, { recursive: true, force: true });
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
