import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openSpool, type Spool } from "../../../agent/spool/spool.ts";
import { folderForTest } from "../../support/temporary.ts";

/** A spool in a folder of its own; it is closed when the test is over. */
export function spoolForTest(path: string = join(folderForTest(), "run.db")): Spool {
  const opened = openSpool(path);
  if (!opened.ok) throw new Error(opened.message);
  let open = true;
  onTestFinished(() => {
    if (open) opened.spool.close();
  });
  const { spool } = opened;
  const once = (end: () => void) => () => {
    open = false;
    end();
  };
  return { ...spool, close: once(spool.close), destroy: once(spool.destroy) };
}
