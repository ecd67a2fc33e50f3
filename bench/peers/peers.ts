import { routePartykitRequest } from "partyserver";

export { Bare } from "./bare.ts";
export { Party } from "./party.ts";
export { Rows } from "./rows.ts";

type Env = { BARE: DurableObjectNamespace; PARTY: DurableObjectNamespace; ROWS: DurableObjectNamespace };

/** `/bare/viewer`, `/bare/producer`, `/rows/producer`, and partyserver's own `/parties/party/:room`. */
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return new Response("ok");
    if (pathname.startsWith("/bare/")) return env.BARE.get(env.BARE.idFromName("room")).fetch(request);
    if (pathname.startsWith("/rows/")) return env.ROWS.get(env.ROWS.idFromName("room")).fetch(request);
    return (await routePartykitRequest(request, env)) ?? new Response("no such peer", { status: 404 });
  },
} satisfies ExportedHandler<Env>;
