/**
 * A machine in words: `rig-2, linux 6.18, 16 CPUs, 64 GB`. What a producer tells of its host has no fixed shape: fields that are not
 * known here are shown with their names.
 * @returns null where there is nothing to say
 */
export function hostText(host: unknown): string | null {
  if (host === null || host === undefined || host === "") return null;
  if (typeof host !== "object") return String(host);
  const parts = Object.entries(host).flatMap(([name, value]) => {
    const text = plain(value);
    return text === null ? [] : [(WORDS.get(name) ?? named(name))(text)];
  });
  return parts.length === 0 ? null : parts.join(", ");
}

/** A map, not an object: a field may be called `constructor`. */
const WORDS = new Map<string, (text: string) => string>(
  Object.entries({
    name: (text: string) => text,
    hostname: (text: string) => text,
    // The kernel's full name is a build's, and long: its first two numbers say what matters.
    platform: (text: string) => text.replace(/^(\S+ \d+\.\d+)\S*$/, "$1"),
    os: (text: string) => text,
    cpu: (text: string) => text,
    cpus: (text: string) => (text === "1" ? "1 CPU" : `${text} CPUs`),
    ram_gb: (text: string) => `${text} GB`,
  }),
);

function named(name: string): (text: string) => string {
  return (text) => `${name} ${text}`;
}

function plain(value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
