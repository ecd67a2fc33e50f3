/**
 * How many upgrades the limit of an address has refused (AC6), since this isolate started. In memory alone: a flood must cost nothing, and
 * a write for each refusal would be billed. A relay on one machine is one isolate; on Cloudflare each has its own count.
 */
let refused = 0;

export function countRefusedUpgrade(): void {
  refused += 1;
}

export function refusedUpgrades(): number {
  return refused;
}
