/**
 * A training that does nothing but talk: `node trainer.ts FILE EVERY_MS STREAM`. Each line that it prints carries the next number, which it first
 * writes into FILE: the truth about what was produced. It ends when FILE.stop is there.
 */
import { appendFileSync, existsSync, writeSync } from "node:fs";
import { markText } from "./ledger.ts";

const [truth = "", every = "20", stream = "main"] = process.argv.slice(2);
let n = 0;
const timer = setInterval(() => {
  if (existsSync(`${truth}.stop`)) {
    clearInterval(timer);
    return;
  }
  n += 1;
  appendFileSync(truth, "x");
  writeSync(1, `${markText(stream, n)}\n`);
}, Number(every));
