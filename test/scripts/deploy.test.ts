import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/root.ts";
import { runForTest } from "../support/program.ts";
import { folderForTest } from "../support/temporary.ts";

test("npm run deploy builds everything that wrangler would put on Cloudflare", async () => {
  const program = runForTest(process.execPath, [join(ROOT, "scripts/deploy.ts"), "--dry-run", "--outdir", folderForTest()]);
  expect(await program.ended, program.stdout + program.stderr).toBe(0);
  for (const binding of ["RUN_ROOM", "DIRECTORY", "BLOBS", "ASSETS", "UPGRADES"]) expect(program.stdout).toContain(`env.${binding}`);
  expect(program.stdout).toContain("--dry-run: exiting now.");
});
