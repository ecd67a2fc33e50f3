import { type RoomStatus, type RunSummary, runStatus, STATUS_RUNS_MAX } from "../../protocol/index.ts";
import type { Family, Sample } from "./open-metrics.ts";
import type { RelayFigures } from "./relay-status.ts";

/**
 * What `GET /metrics` tells. Series are bounded: by {@link STATUS_RUNS_MAX}, and for each run by roles, states and the table of errors. Older
 * runs are left out, not summed: for that each of their rooms would have to be asked, and woken.
 */
export function familiesOf({ listed, rooms, upgrades }: RelayFigures): Family[] {
  const told = Object.entries(rooms);
  return [
    {
      name: "runcast_upgrades_refused",
      type: "counter",
      help: "Upgrades refused because their address had asked for too many, since the isolate that answers this started.",
      samples: [{ value: upgrades.refused }],
    },
    {
      name: "runcast_runs",
      type: "gauge",
      help: `Runs told of here: the newest, ${STATUS_RUNS_MAX} at most.`,
      samples: [{ value: listed.length }],
    },
    ...familiesOfList(listed, new Map(told)),
    ...BY_RUN.map(({ read, ...family }) => ({
      ...family,
      samples: told.flatMap(([run, figures]): Sample[] => {
        const value = read(figures);
        return value === null ? [] : [{ labels: { run }, value }];
      }),
    })),
    ...BY_RUN_AND.map(({ label, read, ...family }) => ({
      ...family,
      samples: told.flatMap(([run, figures]) =>
        Object.entries(read(figures)).map(([name, value]) => ({ labels: { run, [label]: name }, value })),
      ),
    })),
  ];
}

/** Of runs that sleep too, as their rooms told the directory last: that a training ended in an error is told when everybody has left. */
function familiesOfList(listed: readonly RunSummary[], rooms: ReadonlyMap<string, RoomStatus>): Family[] {
  const states = listed.map(({ run, status }) => ({ run, state: rooms.get(run)?.training_state ?? status }));
  const links = listed.map(({ run, agent_connected }) => ({ run, connected: rooms.get(run)?.agent.connected ?? agent_connected }));
  return [
    {
      name: "runcast_run_state",
      type: "stateset",
      help: "What the trainer said last of its state; none where it has said nothing.",
      samples: states.flatMap(({ run, state }) =>
        runStatus.options.map((each) => ({ labels: { run, runcast_run_state: each }, value: each === state ? 1 : 0 })),
      ),
    },
    {
      name: "runcast_agent_connected",
      type: "gauge",
      help: "Whether the run's agent is connected.",
      samples: links.map(({ run, connected }) => ({ labels: { run }, value: connected ? 1 : 0 })),
    },
  ];
}

/** One figure of a run that has somebody connected. @returns null where there is none now */
type ByRun = Omit<Family, "samples"> & { read(figures: RoomStatus): number | null };

/** Counters begin at zero when the room wakes, which Prometheus takes for the reset that it is. */
const BY_RUN: readonly ByRun[] = [
  {
    name: "runcast_agent_last_heard_timestamp_seconds",
    type: "gauge",
    unit: "seconds",
    help: "When the run's agent was last heard.",
    read: ({ agent }) => (agent.last_heard === null ? null : seconds(agent.last_heard)),
  },
  {
    name: "runcast_room_awake_timestamp_seconds",
    type: "gauge",
    unit: "seconds",
    help: "Since when the run's room is awake; its counters begin at zero then.",
    read: ({ awake_since }) => seconds(awake_since),
  },
  {
    name: "runcast_received_frames",
    type: "counter",
    help: "Frames from the agent and from viewers.",
    read: ({ received }) => received.frames,
  },
  {
    name: "runcast_received_bytes",
    type: "counter",
    unit: "bytes",
    help: "Bytes in these frames.",
    read: ({ received }) => received.bytes,
  },
  { name: "runcast_sent_frames", type: "counter", help: "Frames to the agent and to viewers.", read: ({ sent }) => sent.frames },
  { name: "runcast_sent_bytes", type: "counter", unit: "bytes", help: "Bytes in these frames.", read: ({ sent }) => sent.bytes },
  {
    name: "runcast_largest_frame_bytes",
    type: "gauge",
    unit: "bytes",
    help: "The largest frame since the room is awake.",
    read: ({ largest_frame_bytes }) => largest_frame_bytes,
  },
  {
    name: "runcast_latency_seconds",
    type: "gauge",
    unit: "seconds",
    help: "From an event's making to its fan-out, the difference of both clocks taken out, smoothed.",
    read: ({ latency_ms }) => (latency_ms === null ? null : latency_ms / 1000),
  },
  { name: "runcast_tail_events", type: "gauge", help: "Events that are not stored yet.", read: ({ tail }) => tail.events },
  { name: "runcast_tail_bytes", type: "gauge", unit: "bytes", help: "Bytes of these events.", read: ({ tail }) => tail.bytes },
  { name: "runcast_log_bytes", type: "gauge", unit: "bytes", help: "Bytes of the stored events.", read: ({ log }) => log.bytes },
  {
    // No counter: Prometheus would take the step back for a reset, and all that came before for new.
    name: "runcast_log_last_offset",
    type: "gauge",
    help: "The newest event's number in the run's log; it may go back a little where the producer began anew.",
    read: ({ log }) => log.last_offset,
  },
  { name: "runcast_blobs", type: "gauge", help: "Samples that the bucket keeps.", read: ({ blobs }) => blobs.count },
  { name: "runcast_blobs_bytes", type: "gauge", unit: "bytes", help: "Bytes of these samples.", read: ({ blobs }) => blobs.bytes },
];

/** Several figures of such a run, told apart by one more label. */
type ByRunAnd = Omit<Family, "samples"> & { label: string; read(figures: RoomStatus): Record<string, number> };

const BY_RUN_AND: readonly ByRunAnd[] = [
  {
    name: "runcast_connections",
    type: "gauge",
    help: "Open sockets, by the role of their token.",
    label: "role",
    read: ({ connections: { viewer, operator, agent, owner } }) => ({ viewer, operator, agent, owner }),
  },
  {
    name: "runcast_refused",
    type: "counter",
    help: "What the run's room refused, by the code that its sender was told.",
    label: "code",
    read: ({ limits }) => limits.refused,
  },
];

/** @returns since 1970 */
function seconds(iso: string): number {
  return Date.parse(iso) / 1000;
}
