import { DurableObject } from "cloudflare:workers";
import { type Bill, EMPTY_BILL } from "./bill.ts";
import { NaiveDay } from "./naive-day.ts";
import { RuncastDay } from "./runcast-day.ts";

type Env = { DAYS: DurableObjectNamespace<Day> };
type Which = { relay: "runcast" | "naive"; viewers: number };

/** One simulated day, an hour a call. */
export class Day extends DurableObject<Env> {
  #bill: Bill = { ...EMPTY_BILL };
  #day: RuncastDay | NaiveDay | null = null;

  async pass(which: Which, ms: number): Promise<{ bill: Bill; events: number; stored: number; database_bytes: number }> {
    const options = { start: Date.UTC(2026, 10, 1), viewers: which.viewers };
    const Relay = which.relay === "runcast" ? RuncastDay : NaiveDay;
    this.#day ??= new Relay(this.ctx.storage, this.#bill, options);
    this.#day.pass(ms);
    const { events, stored } = this.#day;
    return { bill: this.#bill, events, stored, database_bytes: this.ctx.storage.sql.databaseSize };
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === "/healthz") return new Response("ok");
    const relay = url.searchParams.get("relay") === "naive" ? "naive" : "runcast";
    const viewers = Number(url.searchParams.get("viewers"));
    const day = env.DAYS.get(env.DAYS.idFromName(`${relay} ${viewers}`));
    return Response.json(await day.pass({ relay, viewers }, Number(url.searchParams.get("ms"))));
  },
};
