/** `npm run build`: what the npm package and the deployed Worker are made of, into dist/. */
import { buildDashboard, isDashboardFresh } from "./make/dashboard.ts";
import { buildPackage } from "./make/package.ts";

const problem = await buildPackage();
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
// A relay that runs serves these files: they are not swapped under it for the same ones.
if (!isDashboardFresh()) await buildDashboard({ quiet: true });
