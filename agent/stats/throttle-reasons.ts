/** Bits of NVML's clocks event reasons, as words. An idle GPU, and clocks that somebody chose, are no throttling. */
const REASONS: readonly [bit: bigint, word: string][] = [
  [0x04n, "power cap"],
  [0x08n, "hardware slowdown"],
  [0x10n, "sync boost"],
  [0x20n, "thermal (software)"],
  [0x40n, "thermal (hardware)"],
  [0x80n, "power brake"],
];

/**
 * @param mask as nvidia-smi prints it, `0x0000000000000024`
 * @returns what holds the clocks down, in words; empty for nothing, null where the text is no mask
 */
export function throttleReasons(mask: string): string[] | null {
  if (!/^0x[0-9a-f]{1,16}$/i.test(mask)) return null;
  const bits = BigInt(mask);
  return REASONS.filter(([bit]) => (bits & bit) !== 0n).map(([, word]) => word);
}
