import { RUN_INFO_MAX } from "../../protocol/limits.ts";
import { cutText } from "./cut-text.ts";

/**
 * A configuration is shown to every viewer, and trainers keep access tokens in theirs. What is secret is told by the name of a field and
 * by the shape of a value; either is enough. Numbers and switches stay, so `max_token_length` is still readable, but not a number that
 * is called a password.
 */

const REMOVED = "[removed]";

/** A word of a field's name that makes a text in it a secret. */
const SECRET_WORD =
  /^(?:tokens?|secrets?|passwords?|passwd|passphrase|pwd|credentials?|apikeys?|bearer|cookies?|authorization|webhook|signature)$/;
/** `key` alone names many harmless things; with one of these before it, a secret. */
const KEY_OWNER = /^(?:api|access|private|secret|ssh|auth|account|license|signing|encryption|service|wandb|storage|sas)$/;

/** Under these names a number is no figure. */
const SECRET_NUMBER = /pass(?:word|wd|phrase|code)|pwd|pin_?code/i;

/** Values that are secrets wherever they stand. */
const SECRET_VALUES: readonly RegExp[] = [
  /\bhf_[A-Za-z0-9]{16,}/g,
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\b(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{16,}/g,
  /\bglpat-[A-Za-z0-9_-]{16,}/g,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g,
  /\bA(?:KIA|SIA)[0-9A-Z]{16}\b/g,
  /\bAIza[0-9A-Za-z_-]{30,}/g,
  /\brpa_[A-Za-z0-9]{20,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  /\b[Bb]earer\s+[A-Za-z0-9._~+/=-]{8,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];
/** `scheme://user:password@host`: the host stays. */
const URL_CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]*@/gi;
const URL_SECRET_PARAMETER = /([?&][^=&#\s]*(?:token|key|secret|sig|signature|password|credential)[^=&#\s]*=)[^&#\s"']+/gi;
/** A home folder names a person; what lies below it is what a reader wants. */
const HOME = /(?:\/(?:home|Users)\/[^/\\\s"']+|\/root|[A-Za-z]:\\+Users\\+[^/\\\s"']+)(?=[/\\]|$)/g;

const DEPTH_MAX = 12;
const ITEMS_MAX = 500;
const TEXT_MAX = 2048;
/** A configuration that is larger still is shown by its top-level figures and texts alone: it stands in `run_info` beside other things. */
export const CONFIG_MAX = (RUN_INFO_MAX * 3) / 4;

/** @returns whether a text under this name is to be taken for a secret. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word, index) => SECRET_WORD.test(word) || (/^keys?$/.test(word) && KEY_OWNER.test(words[index - 1] ?? "")));
}

/** @returns the text without what looks like a secret, and with home folders as `~`. */
export function withoutSecrets(text: string): string {
  let clean = text;
  for (const pattern of SECRET_VALUES) clean = clean.replace(pattern, REMOVED);
  return clean.replace(URL_CREDENTIALS, `$1${REMOVED}@`).replace(URL_SECRET_PARAMETER, `$1${REMOVED}`).replace(HOME, "~");
}

/**
 * @param config a trainer's configuration, parsed JSON of any size
 * @returns a copy that may be shown: secrets removed, home folders as `~`, at most {@link CONFIG_MAX} characters of JSON
 */
export function publicConfig(config: Record<string, unknown>): Record<string, unknown> {
  const clean = cleanEntries(config, false, 0);
  if (JSON.stringify(clean).length <= CONFIG_MAX) return clean;
  const flat = Object.fromEntries(Object.entries(clean).filter(([, value]) => typeof value !== "object"));
  return JSON.stringify(flat).length <= CONFIG_MAX ? flat : {};
}

function cleanEntries(object: object, secret: boolean, depth: number): Record<string, unknown> {
  const entries = Object.entries(object).slice(0, ITEMS_MAX);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      publicText(name),
      typeof value === "number" && SECRET_NUMBER.test(name) ? REMOVED : clean(value, secret || isSecretName(name), depth + 1),
    ]),
  );
}

/** A text of any length: what is cut away is not searched, and a secret that the cut goes through is not shown. */
function publicText(text: string): string {
  const shown = withoutSecrets(text.slice(0, 4 * TEXT_MAX));
  return cutText(shown, TEXT_MAX, text.length > 4 * TEXT_MAX ? Buffer.byteLength(text) : undefined);
}

/** @param secret the value stands under a secret's name, however deep: `secrets: { huggingface: "…" }` */
function clean(value: unknown, secret: boolean, depth: number): unknown {
  if (typeof value === "string") {
    if (value === "") return value;
    return secret ? REMOVED : publicText(value);
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_MAX) return "…";
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => clean(item, secret, depth + 1));
  return cleanEntries(value, secret, depth);
}
