/** A JWT, or what is left of one: its header begins with `{"`. A signature is in the third part. */
const TOKEN = /eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?/g;

/**
 * AC2: the last word before a line of a log is written. Callers log no tokens; this is for one that somebody put where none belongs,
 * such as an address's path or a message of an exception.
 */
export function withoutTokens(text: string): string {
  return text.replace(TOKEN, "[token]");
}
