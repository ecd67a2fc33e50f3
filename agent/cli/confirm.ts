import { createInterface } from "node:readline";

/** @returns whether somebody is there who can be asked */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Asks on stderr: stdout is for results. @returns true for a yes alone; an end of input is none */
export function confirm(question: string): Promise<boolean> {
  // Not as a terminal's editor, which would take Ctrl-C for itself: it is to end this program, as everywhere.
  const lines = createInterface({ input: process.stdin, terminal: false });
  process.stderr.write(`${question} [y/N] `);
  return new Promise((resolve) => {
    lines.once("line", (line) => {
      resolve(/^y(es)?$/i.test(line.trim()));
      lines.close();
    });
    lines.once("close", () => resolve(false));
  });
}
