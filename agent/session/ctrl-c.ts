import { readdirSync, readFileSync } from "node:fs";
import { treeOf } from "../stats/process-tree.ts";
import { watchProcess } from "./trainer-process.ts";

/** @returns what interrupts the process that has this id now, and none that has it later; it gives a reason where it did not */
export function interruptible(pid: number): () => string | null {
  const trainer = watchProcess(pid);
  return () => (trainer.isAlive() ? pressCtrlC(pid) : "it has ended");
}

/**
 * Interrupts a command once, as Ctrl-C at its terminal would: the process and those of its descendants that are in its process group, so that a
 * script and the trainer that it waits for both hear of it. Not the group as a whole: the launcher is in it, and where there is no
 * job control whoever started that, too.
 * @returns why not, or null
 */
function pressCtrlC(pid: number): string | null {
  for (const member of groupBelow(pid)) interrupt(member);
  return interrupt(pid);
}

function interrupt(pid: number): string | null {
  try {
    process.kill(pid, "SIGINT");
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @returns descendants in the same process group, as far as this system tells */
function groupBelow(root: number): number[] {
  const parents = new Map<number, number>();
  const groups = new Map<number, string>();
  for (const name of listed("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // proc_pid_stat(5): the fields after the name are state, ppid, pgrp. The name in parentheses may hold anything.
    const text = textOf(`/proc/${name}/stat`);
    const [, parent, group] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    if (parent === undefined || group === undefined) continue;
    parents.set(Number(name), Number(parent));
    groups.set(Number(name), group);
  }
  return treeOf(root, parents).filter((pid) => pid !== root && groups.get(pid) === groups.get(root));
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A process may end between the listing and the look at it. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
