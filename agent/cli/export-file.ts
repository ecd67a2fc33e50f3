import { existsSync } from "node:fs";
import { constants, type FileHandle, open, rename, rm } from "node:fs/promises";
import { anyEvent } from "../../protocol/index.ts";
import { writeOut } from "./output.ts";

/** Where an export goes. */
export type Target = {
  /** @returns whether somebody still takes it */
  write(text: string): Promise<boolean>;
  /** @param whole false where the export ended before its end */
  close(whole: boolean): Promise<void>;
};

export const toStdout: Target = { write: writeOut, close: async () => undefined };

/**
 * A file that is written as one piece: under another name until it is whole, so that half a table is never taken for one.
 * @returns null where there is a file of that name already
 * @throws what the file system throws
 */
export async function toNewFile(path: string): Promise<Target | null> {
  if (existsSync(path)) return null;
  const part = `${path}.part`;
  const file = await open(part, "w");
  return {
    write: (text) => written(file, text),
    async close(whole) {
      await file.close();
      await (whole ? rename(part, path) : rm(part, { force: true }));
    },
  };
}

/**
 * Lines that are there are good, whatever comes after them: the file grows in place, and may be continued.
 * @returns null where there is a file that is not to be continued
 * @throws what the file system throws
 */
export async function toLines(path: string, resume: boolean): Promise<{ target: Target; last: string | null } | null> {
  if (!resume && existsSync(path)) return null;
  const file = await open(path, constants.O_RDWR | constants.O_CREAT);
  const { end, last } = await lastLine(file);
  let at: number | null = null;
  const write = async (text: string): Promise<boolean> => {
    // What a program that was killed had begun to write. Not before: until then the file may turn out to be something else.
    if (at === null) await file.truncate(end);
    at ??= end;
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    at += bytes.length;
    return true;
  };
  return { target: { write, close: () => file.close() }, last };
}

/** Bytes that the end of a file is looked at in, backwards. */
const PIECE_BYTES = 64 * 1024;

/** @returns the last line that has an end, empty where none has and null for an empty file; and where it ends, in bytes */
async function lastLine(file: FileHandle): Promise<{ end: number; last: string | null }> {
  let start = (await file.stat()).size;
  let tail = Buffer.alloc(0);
  for (;;) {
    const stop = tail.lastIndexOf(0x0a);
    const before = stop > 0 ? tail.lastIndexOf(0x0a, stop - 1) : -1;
    if (stop >= 0 && (before >= 0 || start === 0)) return { end: start + stop + 1, last: tail.toString("utf8", before + 1, stop) };
    if (start === 0) return { end: 0, last: tail.length === 0 ? null : "" };
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, start));
    start -= piece.length;
    for (let done = 0; done < piece.length; ) {
      const { bytesRead } = await file.read(piece, done, piece.length - done, start + done);
      if (bytesRead === 0) throw new Error("the file became shorter while it was read");
      done += bytesRead;
    }
    tail = Buffer.concat([piece, tail]);
  }
}

async function written(file: FileHandle, text: string): Promise<boolean> {
  await file.writeFile(text);
  return true;
}

/** @returns the offset of a line of an export, null for what is none */
export function offsetOf(line: string): number | null {
  try {
    return anyEvent.parse(JSON.parse(line)).offset ?? null;
  } catch {
    return null;
  }
}
