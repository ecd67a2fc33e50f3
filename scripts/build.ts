/** `npm run build`: what the npm package and the deployed Worker are made of, into dist/. */
import { buildDashboard } from "./make/dashboard.ts";
import { buildPackage } from "./make/package.ts";

const problem = await buildPackage();
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
await buildDashboard({ quiet: true });
