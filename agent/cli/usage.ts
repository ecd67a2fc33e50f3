/** 0 done, 1 failed, 2 wrong usage; `run` gives its command's. */
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
/** Somebody's Ctrl-C, as a shell gives it: 128 and SIGINT's number. */
export const EXIT_INTERRUPTED = 130;

/** A mistake in how the program was called, told in one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
