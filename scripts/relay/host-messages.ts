/** What a relay is started with. It travels over the IPC channel: arguments and, on some systems, environments show in `ps`. */
export type HostOptions = {
  /** Address to listen on, such as 127.0.0.1. */
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** Folder that keeps the objects' and the bucket's data. */
  persist: string;
  /** Variables and secrets for the Worker; they go before those of wrangler.toml. */
  variables: Record<string, string>;
  /** Whether the relay reloads itself when its sources change. */
  watch: boolean;
  /** Path of another Worker's configuration: benches run their peers on the engine of the relay. */
  config?: string;
  /** AC6: benches open thousands of connections from one address. */
  upgradesPerMinute?: number;
};

/**
 * What the host says, once: it listens, or why it never will. `inner_url` is the workerd that runs the Worker; the one at `url` is
 * wrangler's front, a second workerd that passes everything on.
 */
export type HostMessage = { kind: "ready"; url: string; inner_url: string } | { kind: "failed"; message: string };

/** What the host is told. */
export type HostRequest = { kind: "start"; options: HostOptions } | { kind: "stop" };
