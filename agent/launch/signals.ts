import { readFileSync } from "node:fs";

/** What may be meant for the trainer when it is sent to us. SIGUSR1 is not among them: Node takes it for its debugger. */
const PASSED: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"];
/** A terminal sends these to all processes in its foreground, the trainer too. */
const KEYBOARD: ReadonlySet<NodeJS.Signals> = new Set(["SIGINT", "SIGQUIT"]);

export type SignalPassing = {
  /** @returns the last signal that we were sent and the trainer got, from us or from the terminal itself. */
  passedOn(): NodeJS.Signals | null;
  /** From now on a signal means us: `leave` is called. */
  trainerGone(leave: () => void): void;
  stop(): void;
};

/** @param send delivers a signal to the trainer */
export function passSignals(send: (signal: NodeJS.Signals) => void): SignalPassing {
  let passed: NodeJS.Signals | null = null;
  let onLeave: (() => void) | null = null;
  const take = (signal: NodeJS.Signals): void => {
    if (onLeave) {
      onLeave();
      return;
    }
    passed = signal;
    if (!KEYBOARD.has(signal) || !inForeground()) send(signal);
  };
  for (const signal of PASSED) process.on(signal, take);
  return {
    passedOn: () => passed,
    trainerGone: (leave) => {
      onLeave = leave;
    },
    stop: () => {
      for (const signal of PASSED) process.removeListener(signal, take);
    },
  };
}

/**
 * Whether this process and its children are what the terminal's Ctrl-C reaches. Then a SIGINT that comes is taken for the
 * keyboard's: delivered twice it would make many trainers give up at once, where once makes them save.
 */
function inForeground(): boolean {
  try {
    const text = readFileSync("/proc/self/stat", "utf8");
    // proc_pid_stat(5): the fields after the name are state, ppid, pgrp, session, tty_nr, tpgid.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[2] === fields[5];
  } catch {
    return process.stdin.isTTY === true;
  }
}
