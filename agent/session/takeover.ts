import { Socket } from "node:net";
import { passThrough } from "../launch/pass-through.ts";
import { type ConsoleSource, PIPE_FDS, type TrainerExit } from "./ipc.ts";
import type { Session } from "./session.ts";
import { watchProcess } from "./trainer-process.ts";

const OUTPUT_FDS: Readonly<Record<ConsoleSource, number>> = { stdout: 1, stderr: 2 };
const SOURCES: readonly ConsoleSource[] = ["stdout", "stderr"];
const LOOK_EVERY_MS = 500;
/** What waits to be recorded; the rest is passed on all the same. */
const BACKLOG_BYTES = 4 * 1024 * 1024;

/**
 * Stands in for a launcher that was killed: reads the trainer's output, so that it meets no broken pipe, and waits for its end.
 * @returns an end of which nothing is known, since the trainer is not our child; its hook may have told more
 */
export async function takeOver(session: Session, pid: number): Promise<TrainerExit> {
  let n = session.consoleN();
  let lost = 0;
  const take = (source: ConsoleSource, bytes: Uint8Array) => {
    const t = Date.now();
    if (session.backlog() > BACKLOG_BYTES) {
      lost += bytes.length;
      return;
    }
    if (lost > 0) session.console({ kind: "lost", n: ++n, bytes: lost, t });
    lost = 0;
    session.console({ kind: "bytes", n: ++n, source, bytes, t });
  };
  const read = Promise.all(SOURCES.map((source) => passThrough(openPipe(source), OUTPUT_FDS[source], (bytes) => take(source, bytes))));
  const trainer = watchProcess(pid);
  await new Promise<void>((resolve) => {
    const look = () => (trainer.isAlive() ? setTimeout(look, LOOK_EVERY_MS) : resolve());
    look();
  });
  // What it wrote last is in the pipe; a process that it left running may hold that open for long.
  await Promise.race([read, new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS).unref())]);
  return { code: null, signal: null, passedOn: null };
}

/** Passes output on until nobody can write any more: the launcher has ended, processes that the trainer left running have not. */
export async function readOn(): Promise<void> {
  await Promise.all(SOURCES.map((source) => passThrough(openPipe(source), OUTPUT_FDS[source], () => undefined)));
}

function openPipe(source: ConsoleSource): Socket {
  return new Socket({ fd: PIPE_FDS[source], readable: true, writable: false });
}
