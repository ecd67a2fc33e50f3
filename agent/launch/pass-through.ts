import { write } from "node:fs";
import type { Readable } from "node:stream";

/** A descriptor that another program has made non-blocking is tried again this soon when it is full. */
const AGAIN_MS = 5;

/**
 * Writes what comes from `source` to a descriptor, untouched. Reads no faster than that takes: the trainer feels its terminal as
 * without us, and nothing else. When nobody reads our output any more, the trainer's is read all the same: a closed window is no reason to end a training.
 * @param onBytes sees every piece, before it is written
 * @returns when the source has ended and all of it is written
 */
export function passThrough(source: Readable, fd: number, onBytes: (bytes: Uint8Array) => void): Promise<void> {
  let writing: Promise<boolean> = Promise.resolve(true);
  return new Promise((resolve) => {
    source.on("data", (bytes: Buffer) => {
      onBytes(bytes);
      source.pause();
      writing = writing.then((open) => open && writeAll(fd, bytes));
      void writing.then(() => source.resume());
    });
    source.on("error", () => undefined);
    source.on("close", () => void writing.then(() => resolve()));
  });
}

/** @returns whether the descriptor still takes anything */
async function writeAll(fd: number, bytes: Uint8Array): Promise<boolean> {
  let at = 0;
  while (at < bytes.length) {
    const wrote = await writeSome(fd, bytes.subarray(at));
    if (wrote === "closed") return false;
    if (wrote === 0) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    at += wrote;
  }
  return true;
}

function writeSome(fd: number, bytes: Uint8Array): Promise<number | "closed"> {
  return new Promise((resolve) => {
    write(fd, bytes, 0, bytes.length, null, (error, written) => {
      if (!error) resolve(written);
      else resolve(error.code === "EAGAIN" || error.code === "EINTR" ? 0 : "closed");
    });
  });
}
