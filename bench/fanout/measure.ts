import { setTimeout as delay } from "node:timers/promises";
import type { AnyEvent } from "../../protocol/index.ts";
import { clock } from "../support/clock.ts";
import type { Crowd, Received } from "../support/crowd.ts";
import { benchEvents } from "../support/events.ts";
import { percentile } from "../support/figures.ts";
import { processorMicroseconds } from "../support/linux.ts";
import type { RunningSystem, System } from "./systems.ts";

/** One round of one system. */
export type Round = {
  /** Of the producer; each viewer got all of them. */
  events: number;
  /** Events counted by viewers. */
  deliveries: number;
  frames: number;
  /** Processor time of the process that fans out, a delivered event. */
  cpu_us: number;
  per_second: number;
  p50_ms: number;
  p99_ms: number;
};

/** Events come every so many milliseconds. */
const LIVE_EVERY_MS = 100;
/** Few viewers need many events to take a time that can be measured, and many would flood a small machine with them. */
const BURST_EVENTS = { most: 5000, least: 50 };

/** Everything at once, in frames as full as the system's producer makes them. @param frames to viewers, about so many in all */
export async function burst(system: System, running: RunningSystem, crowd: Crowd, frames: number): Promise<Round> {
  const events = Math.round((frames / crowd.size) * system.delivered);
  const count = Math.min(BURST_EVENTS.most, Math.max(BURST_EVENTS.least, Math.ceil(events / system.framed) * system.framed));
  return measured(running, crowd, count, async () => {
    for (let sent = 0; sent < count; sent += system.framed) running.producer.send(benchEvents(Math.min(system.framed, count - sent), sent));
  });
}

/** Ten events a second, each sent when it is made; a relay that asks for a slower rhythm (PR5) gets what has gathered. */
export async function live(running: RunningSystem, crowd: Crowd, seconds: number): Promise<Round> {
  const count = (seconds * 1000) / LIVE_EVERY_MS;
  return measured(running, crowd, count, async () => {
    const { producer } = running;
    const began = clock();
    let gathered: AnyEvent[] = [];
    let sentAt = Number.NEGATIVE_INFINITY;
    for (let n = 0; n < count; n++) {
      await delay(Math.max(0, began + n * LIVE_EVERY_MS - clock()));
      gathered.push(...benchEvents(1, n));
      // Half an interval of leeway: a timer that fires early must not put an event off.
      if (clock() - sentAt < producer.rhythm_ms() - LIVE_EVERY_MS / 2 && n < count - 1) continue;
      producer.send(gathered);
      gathered = [];
      sentAt = clock();
    }
  });
}

async function measured(running: RunningSystem, crowd: Crowd, events: number, produce: () => Promise<void>): Promise<Round> {
  // A room that hibernated meanwhile wakes with this one, and compiles nothing new later.
  await delivered(running, crowd, 1, async () => running.producer.send(benchEvents(1)));
  const cpu = processorMicroseconds(running.pid);
  const { began, received } = await delivered(running, crowd, events, produce);
  const deliveries = received.events;
  if (deliveries !== events * crowd.size) throw new Error(`${deliveries} events came to ${crowd.size} viewers, ${events} were sent`);
  return {
    events,
    deliveries,
    frames: received.frames,
    cpu_us: (processorMicroseconds(running.pid) - cpu) / deliveries,
    per_second: (deliveries / (received.at - began)) * 1000,
    p50_ms: percentile(received.delays, 0.5),
    p99_ms: percentile(received.delays, 0.99),
  };
}

async function delivered(
  running: RunningSystem,
  crowd: Crowd,
  events: number,
  produce: () => Promise<void>,
): Promise<{ began: number; received: Received }> {
  const received = await crowd.expect(events);
  const began = clock();
  await produce();
  const [answer] = await Promise.all([received(), running.producer.settled()]);
  return { began, received: answer };
}
