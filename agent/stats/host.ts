import { readFile } from "node:fs/promises";
import { currentLoad, fsSize, mem, networkStats } from "systeminformation";
import { type MemoryLimit, readMemoryLimit } from "./memory-limit.ts";
import { leadsOut, type NetworkCount, type NetworkRate, parseNetDev, rateBetween } from "./network.ts";

export type Disk = { mount: string; used_gb: number; total_gb: number };

/** Figures of this machine; null where it has none. */
export type HostFigures = {
  cpu_percent: number | null;
  ram_used_gb: number | null;
  ram_total_gb: number | null;
  disks: Disk[] | null;
  network: NetworkRate | null;
};

/** Disks fill slowly, and asking about them starts a process. */
const DISKS_EVERY_MS = 30_000;
const DISKS_MAX = 32;
const GIB = 1024 ** 3;

/** @returns a reader of the host's figures; the first reading has no rates yet */
export function hostSource(): { read(now: number): Promise<HostFigures> } {
  let disks: { found: Disk[] | null; at: number } | null = null;
  let before: NetworkCount | null = null;
  return {
    async read(now) {
      const [cpu_percent, memory, count] = await Promise.all([readCpu(), readMemory(), readNetwork(now)]);
      const network = count && rateBetween(before, count);
      before = count;
      if (!disks || now - disks.at >= DISKS_EVERY_MS || now < disks.at) disks = { found: await readDisks(), at: now };
      return { cpu_percent, ram_used_gb: null, ram_total_gb: null, ...memory, disks: disks.found, network };
    },
  };
}

async function readCpu(): Promise<number | null> {
  const load = await currentLoad().catch(() => null);
  return load && Number.isFinite(load.currentLoad) ? load.currentLoad : null;
}

async function readMemory(): Promise<{ ram_used_gb: number; ram_total_gb: number } | null> {
  const [host, limit] = await Promise.all([mem().catch(() => null), readMemoryLimit()]);
  const whole: MemoryLimit | null = host && host.total > 0 ? { used: host.active, total: host.total } : null;
  const memory = limit && (!whole || limit.total < whole.total) ? limit : whole;
  return memory && { ram_used_gb: memory.used / GIB, ram_total_gb: memory.total / GIB };
}

async function readDisks(): Promise<Disk[] | null> {
  const found = await fsSize().catch(() => []);
  const disks = found
    .filter(({ size, rw }) => size > 0 && rw !== false)
    .map(({ mount, used, size }) => ({ mount, used_gb: used / GIB, total_gb: size / GIB }));
  return disks.length > 0 ? disks.slice(0, DISKS_MAX) : null;
}

/** `/proc` where there is one: asking costs no process. */
async function readNetwork(now: number): Promise<NetworkCount | null> {
  const text = await readFile("/proc/net/dev", "utf8").catch(() => null);
  if (text !== null) return parseNetDev(text, now);
  const interfaces = (await networkStats("*").catch(() => [])).filter(({ iface }) => leadsOut(iface));
  if (interfaces.length === 0) return null;
  const sum = (figure: (one: (typeof interfaces)[number]) => number) => interfaces.reduce((total, one) => total + figure(one), 0);
  return { received: sum((one) => one.rx_bytes), sent: sum((one) => one.tx_bytes), at: now };
}
