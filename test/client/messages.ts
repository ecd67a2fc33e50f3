import type { RoomMessage, Snapshot, Welcome } from "../../protocol/index.ts";

export const EMPTY_SNAPSHOT: Snapshot = {
  training_progress: null,
  training_status: null,
  sample_progress: null,
  system_stats: null,
  validation_result: null,
  run_info: null,
  agent_status: null,
  samples: [],
  commands: [],
  health: { agent: { connected: true, since: null, last_heard: null }, trainer: { status: null, phase: null, error: null } },
  viewers: { count: 1, names: ["someone"] },
};

/** A welcome as a room sends it, with what a test wants to be different. */
export function welcomeMessage(different: {
  log_id?: string;
  last_offset?: number;
  recovered?: boolean;
  ack_every_bytes?: number;
  role?: Welcome["role"];
  expires_at?: string;
  snapshot?: Partial<Snapshot>;
}): Welcome {
  return {
    type: "welcome",
    timestamp: "2026-11-23T12:00:00.000Z",
    client_id: "c1",
    run: "r1",
    role: different.role ?? "operator",
    ...(different.expires_at === undefined ? {} : { expires_at: different.expires_at }),
    log_id: different.log_id ?? "L1",
    oldest_offset: 1,
    last_offset: different.last_offset ?? 0,
    recovered: different.recovered ?? false,
    snapshot: { ...EMPTY_SNAPSHOT, ...different.snapshot },
    keepalive: { send: '{"type":"keepalive"}', reply: '{"type":"keepalive_ack"}', every_ms: 30_000 },
    limits: {
      ack_every_bytes: different.ack_every_bytes ?? 131_072,
      window_bytes: 1_048_576,
      max_frame_bytes: 1_048_576,
      messages_per_second: 20,
    },
  };
}

/** A batch of log lines with these offsets. */
export function batchMessage(offsets: readonly number[], through: number): Extract<RoomMessage, { type: "batch" }> {
  const timestamp = "2026-11-23T12:00:00.000Z";
  const events = offsets.map((offset) => ({ type: "log", level: "info", message: `line ${offset}`, offset, timestamp }));
  return { type: "batch", timestamp, events, through };
}
