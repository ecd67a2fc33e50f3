/** `npm run deploy [-- WRANGLER OPTIONS]`: builds, and puts Worker, objects, bucket and page on Cloudflare. */
import { join } from "node:path";
import { buildDashboard } from "./make/dashboard.ts";
import { runProgram } from "./program.ts";
import { ROOT } from "./root.ts";

const args = process.argv.slice(2);
await buildDashboard({ quiet: true });
const deployed = await runProgram(process.execPath, [join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js"), "deploy", ...args], {
  output: "show",
  environment: { ...process.env, WRANGLER_SEND_METRICS: process.env.WRANGLER_SEND_METRICS ?? "false" },
});
if (deployed.code === 0 && !args.includes("--dry-run")) {
  process.stdout.write(
    "The first time only: `npx wrangler secret put RUNCAST_SECRET` sets the key that tokens are signed with (32 bytes or more).\n",
  );
}
process.exit(deployed.code);
