import { type RoomStatus, runStatus, STATUS_RUNS_MAX } from "../../protocol/index.ts";
import type { Family, Sample } from "./open-metrics.ts";
import type { RelayFigures } from "./relay-figures.ts";

/** What `GET /metrics` tells: the figures of `/api/ws/status`. Counters of a run begin at 0 when its room has slept, as those of a process do. */
export function relayMetrics({ connections, upgrades, listed, runs }: RelayFigures): Family[] {
  const ofRuns = (read: (status: RoomStatus) => number | null): Sample[] =>
    [...runs].flatMap(([run, status]) => {
      const value = read(status);
      return value === null ? [] : [{ labels: { run }, value }];
    });
  const ofParts = (label: string, read: (status: RoomStatus) => Readonly<Record<string, number>>): Sample[] =>
    [...runs].flatMap(([run, status]) => Object.entries(read(status)).map(([part, value]) => ({ labels: { run, [label]: part }, value })));
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

  return [
    {
      name: "runcast_connected_runs",
      type: "gauge",
      help: `Runs that have an agent or a viewer connected, of the newest ${STATUS_RUNS_MAX}.`,
      samples: [{ value: runs.size }],
    },
    {
      name: "runcast_open_connections",
      type: "gauge",
      help: "Open sockets of all these runs.",
      samples: [{ value: sum(Object.values(connections)) }],
    },
    {
      name: "runcast_upgrades_refused",
      type: "counter",
      help: "Upgrades past the limit of an address, since this isolate started.",
      samples: [{ value: upgrades.refused }],
    },
    {
      name: "runcast_connections",
      type: "gauge",
      help: "Open sockets, by the role of their token.",
      samples: ofParts("role", ({ connections: { viewer, operator, agent, owner } }) => ({ viewer, operator, agent, owner })),
    },
    ...ofSleepingToo(listed, runs),
    { name: "runcast_received_frames", type: "counter", help: "Frames that came in.", samples: ofRuns((status) => status.received.frames) },
    {
      name: "runcast_received_bytes",
      type: "counter",
      unit: "bytes",
      help: "Bytes of these frames, a text's as characters.",
      samples: ofRuns((status) => status.received.bytes),
    },
    { name: "runcast_sent_frames", type: "counter", help: "Frames that went out.", samples: ofRuns((status) => status.sent.frames) },
    {
      name: "runcast_sent_bytes",
      type: "counter",
      unit: "bytes",
      help: "Bytes of these frames, a text's as characters.",
      samples: ofRuns((status) => status.sent.bytes),
    },
    {
      name: "runcast_refused",
      type: "counter",
      help: "Messages that were refused and connections that were ended, by code.",
      samples: ofParts("code", (status) => status.limits.refused),
    },
    {
      name: "runcast_latency_seconds",
      type: "gauge",
      unit: "seconds",
      help: "From an event's making to its fan-out, smoothed.",
      samples: ofRuns((status) => status.latency_ms && status.latency_ms / 1000),
    },
    {
      name: "runcast_tail_bytes",
      type: "gauge",
      unit: "bytes",
      help: "Events that were sent and wait to be stored.",
      samples: ofRuns((status) => status.tail.bytes),
    },
    {
      name: "runcast_log_bytes",
      type: "gauge",
      unit: "bytes",
      help: "The stored log of a run.",
      samples: ofRuns((status) => status.log.bytes),
    },
    {
      // No counter: a crash takes back what was not stored, which Prometheus would take for a reset, and all that came before for new.
      name: "runcast_log_last_offset",
      type: "gauge",
      help: "The number of the newest event in a run's log.",
      samples: ofRuns((status) => status.log.last_offset),
    },
    { name: "runcast_blobs", type: "gauge", help: "Samples and other files of a run.", samples: ofRuns((status) => status.blobs.count) },
    {
      name: "runcast_blob_bytes",
      type: "gauge",
      unit: "bytes",
      help: "What these take in the bucket.",
      samples: ofRuns((status) => status.blobs.bytes),
    },
  ];
}

/** Of runs that nobody is connected to as well: an alert that a training failed, or that its agent has gone, must outlive the last connection. */
function ofSleepingToo(listed: RelayFigures["listed"], runs: RelayFigures["runs"]): Family[] {
  return [
    {
      name: "runcast_run_state",
      type: "stateset",
      help: "1 for what the trainer said last.",
      samples: listed.flatMap(({ run, status }) => {
        const last = runs.get(run)?.training_state ?? status;
        return runStatus.options.map((state) => ({ labels: { run, runcast_run_state: state }, value: Number(state === last) }));
      }),
    },
    {
      name: "runcast_agent_online",
      type: "gauge",
      help: "1 while the run's agent is connected.",
      samples: listed.map(({ run, agent_connected }) => ({
        labels: { run },
        value: Number(runs.get(run)?.agent.connected ?? agent_connected),
      })),
    },
  ];
}
