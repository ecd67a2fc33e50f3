import { spawn } from "node:child_process";
import { Crowd } from "./support/crowd.ts";
import { burst } from "./fanout/measure.ts";
import { SYSTEMS } from "./fanout/systems.ts";
import { median } from "./support/figures.ts";
const [names = "", rounds = "10", perf = "", viewers = "1000", frames = "40000"] = process.argv.slice(2);
const stages = await Promise.all(names.split("|").map(async (name) => {
  const system = SYSTEMS.find((s) => s.name.startsWith(name))!;
  const running = await system.start();
  const crowd = new Crowd();
  await crowd.resize(Number(viewers), running.door);
  return { system, running, crowd, found: [] as number[], rate: [] as number[] };
}));
for (const s of stages) { await burst(s.system, s.running, s.crowd, Number(frames)); await burst(s.system, s.running, s.crowd, Number(frames)); }
const p = perf ? spawn("perf", ["record", "-F", "1999", "-g", "-p", String(stages[0]!.running.pid), "-o", perf], { stdio: "ignore" }) : null;
for (let i = 0; i < Number(rounds); i++) for (const s of stages) { const r = await burst(s.system, s.running, s.crowd, Number(frames)); s.found.push(r.cpu_us); s.rate.push(r.per_second); }
if (p) { p.kill("SIGINT"); await new Promise((r) => p.on("exit", r)); }
for (const s of stages) console.log(s.system.name, "median", median(s.found).toFixed(3), "min", Math.min(...s.found).toFixed(3), "max", Math.max(...s.found).toFixed(3), "rate", median(s.rate).toFixed(0));
for (const s of stages) { s.crowd.end(); s.running.producer.close(); await s.running.stop(); }
