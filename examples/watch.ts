/**
 * Follows a run on the terminal until it is stopped with Ctrl-C:
 * `RUNCAST_TOKEN=… node examples/watch.ts http://127.0.0.1:8787 RUN`
 */
import { connect } from "../client/index.ts"; // "runcast/client" in a project that has the package

const [url, run] = process.argv.slice(2);
if (url === undefined || run === undefined) {
  console.error("usage: node examples/watch.ts URL RUN");
  process.exit(2);
}

const connection = connect({
  url,
  run,
  token: process.env.RUNCAST_TOKEN ?? null,
  events: ["log", "training_status", "training_progress"],
  onState: (state) => console.error(state.kind === "closed" ? `closed: ${state.reason.message}` : state.kind),
});
process.once("SIGINT", () => connection.close());

for await (const received of connection) {
  if (received.kind !== "event") continue;
  const { event } = received;
  if (event.type === "log") console.log(event.message);
  else if (event.type === "training_status") console.log(`${event.status} ${event.phase ?? ""}`);
  else if (event.type === "training_progress") console.log(`step ${event.global_step} loss ${event.loss}`);
}
