/** Bytes since the interfaces came up, all of those that lead out of the machine together; `at` in milliseconds. */
export type NetworkCount = { received: number; sent: number; at: number };
export type NetworkRate = { received_bytes_per_second: number; sent_bytes_per_second: number };

/** The loopback, and virtual ones whose traffic is counted again where it leaves. */
const INSIDE = /^(?:lo\d*|docker|veth|br-|virbr|cni|flannel|cali|tun|tap|wg)/;

/** @returns whether the interface leads out of the machine */
export const leadsOut = (name: string): boolean => !INSIDE.test(name);

/** @param text of `/proc/net/dev` */
export function parseNetDev(text: string, at: number): NetworkCount {
  const count: NetworkCount = { received: 0, sent: 0, at };
  for (const line of text.split("\n")) {
    const [name, figures] = line.split(":");
    if (name === undefined || figures === undefined || !leadsOut(name.trim())) continue;
    const columns = figures.trim().split(/\s+/).map(Number);
    count.received += columns[0] ?? 0;
    count.sent += columns[8] ?? 0;
  }
  return count;
}

/** @returns bytes a second between two counts, or null where they do not tell (the first one, a counter that began anew) */
export function rateBetween(before: NetworkCount | null, after: NetworkCount): NetworkRate | null {
  if (!before || after.at <= before.at || after.received < before.received || after.sent < before.sent) return null;
  const seconds = (after.at - before.at) / 1000;
  return {
    received_bytes_per_second: Math.round((after.received - before.received) / seconds),
    sent_bytes_per_second: Math.round((after.sent - before.sent) / seconds),
  };
}
