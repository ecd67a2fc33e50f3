import { mkdirSync } from "node:fs";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** The key that tokens are signed with in tests inside workerd; `env.RUNCAST_SECRET` there. */
const TEST_SECRET = "a-key-for-tests-only-that-is-long-enough";

/** What a fuzz test is to play: `FUZZ_SEED=7 FUZZ_STEPS=150`, or `FUZZ_RUNS=2000`. workerd does not see this process's environment. */
const fuzz = Object.fromEntries(["FUZZ_SEED", "FUZZ_STEPS", "FUZZ_RUNS"].map((name) => [name, process.env[name] ?? ""]));

/** What is waited for comes in a moment; a machine with two cores and two suites at once may take longer, and that is no failure. */
const patient = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } };

/** Suites that start processes of their own: one file at a time, so that they do not starve each other on a small machine. */
const processes = { fileParallelism: false, ...patient };

// wrangler refuses a configuration whose asset folder is not there; no test inside workerd needs what is in it.
mkdirSync("dist/dashboard", { recursive: true });

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/{protocol,client,agent,dashboard,bench}/**/*.test.ts"],
          exclude: ["**/*.browser.test.ts"],
          ...patient,
          // Half of the time they wait for processes and clocks: two files at once, also on two cores.
          maxWorkers: 2,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { RUNCAST_SECRET: TEST_SECRET, RUNCAST_LOG_LEVEL: "error", ...fuzz } },
          }),
        ],
        test: { name: "worker", include: ["test/worker/**/*.test.ts"], ...patient },
      },
      { test: { name: "scripts", include: ["test/scripts/**/*.test.ts"], ...processes } },
      { test: { name: "browser", include: ["test/**/*.browser.test.ts"], ...processes } },
      // Most of its cases wait for a relay, not for this machine.
      { test: { name: "conformance", include: ["test/conformance/**/*.test.ts"], maxConcurrency: 6, ...processes } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], exclude: ["**/*.browser.test.ts"], ...processes } },
      {
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          globalSetup: "test/faults/support/report.ts",
          ...processes,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
