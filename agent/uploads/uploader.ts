import { z } from "zod";
import type { AnyEvent } from "../../protocol/index.ts";
import type { Say } from "../log.ts";
import { FULL_DISK_RETRY_MS } from "../spool/full-disk.ts";
import type { Spool } from "../spool/spool.ts";
import { iso } from "../translate/turn.ts";
import { backoff } from "../uplink/backoff.ts";
import { type BlobAnswer, type BlobTarget, putBlob } from "./blobs.ts";
import { type Content, type Look, loadSample } from "./sample-file.ts";

/** A sample that waits in the spool; its id is made once, so that a second attempt announces the same one. */
export const pendingSample = z.object({
  sample_id: z.string(),
  path: z.string(),
  sample_type: z.enum(["default", "custom"]),
  step: z.number().nullable(),
  epoch: z.number().nullable(),
  prompt: z.string().nullable(),
  /** Seconds since 1970. */
  t: z.number(),
});
export type PendingSample = z.infer<typeof pendingSample>;

export type UploaderOptions = {
  spool: Spool;
  /** Made anew for each attempt, since a token may expire. */
  target: () => BlobTarget;
  /** Uploads wait while the room does not answer. */
  isLive: () => boolean;
  say: Say;
  /** The spool holds something new: an announcement, or why there will be none. */
  onRecorded: () => void;
  /** How long a file may take to be written completely, in milliseconds. */
  patienceMs?: number;
};

export type Uploader = {
  /** There may be something to do. */
  poke(): void;
  /** @returns samples that are not announced yet */
  open(): number;
  close(): void;
};

/** A file that is still written is looked at again this soon. */
const LOOK_AGAIN_MS = 250;
const PATIENCE_MS = 15_000;

/** `done` where all but the record of it succeeded: the disk is full. */
type Attempts = { failures: number; notBefore: number; firstLookAt: number; look: Look | null; done: Outcome | null };
type Outcome = { kind: "announce" | "give_up"; event: AnyEvent } | { kind: "again"; afterMs: number };

/** Uploads samples one after the other, and announces each once it can be fetched. Events never wait for it. */
export function startUploader(options: UploaderOptions): Uploader {
  const { spool } = options;
  const attempts = new Map<number, Attempts>();
  let working = false;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;

  const nextDue = (): { key: number; item: unknown; at: number } | null => {
    const open = spool.uploads.list(100).map((entry) => ({ ...entry, at: attempts.get(entry.key)?.notBefore ?? 0 }));
    return open.reduce<(typeof open)[number] | null>((best, entry) => (best === null || entry.at < best.at ? entry : best), null);
  };

  const work = async (): Promise<void> => {
    if (working || closed) return;
    working = true;
    try {
      while (!closed && options.isLive()) {
        const next = nextDue();
        if (!next) break;
        const wait = next.at - performance.now();
        if (wait > 0) {
          wakeIn(wait);
          break;
        }
        await attempt(next.key, next.item);
      }
    } finally {
      working = false;
    }
  };

  const wakeIn = (ms: number): void => {
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => void work(), ms);
  };

  const attempt = async (key: number, item: unknown): Promise<void> => {
    const sample = pendingSample.parse(item);
    const history = attempts.get(key) ?? { failures: 0, notBefore: 0, firstLookAt: performance.now(), look: null, done: null };
    attempts.set(key, history);
    const outcome = history.done ?? (await upload(sample, history));
    if (closed) return;
    if (outcome.kind === "again") {
      history.notBefore = performance.now() + outcome.afterMs;
      return;
    }
    const recorded = spool.write(() => {
      spool.add(outcome.event);
      spool.uploads.remove(key);
    });
    if (!recorded) {
      history.done = outcome;
      history.notBefore = performance.now() + FULL_DISK_RETRY_MS;
      return;
    }
    attempts.delete(key);
    options.onRecorded();
  };

  const upload = async (sample: PendingSample, history: Attempts): Promise<Outcome> => {
    const loaded = await loadSample(sample.path, history.look);
    if (loaded.kind === "unusable") return giveUp(sample, loaded.why);
    if (loaded.kind === "unfinished") {
      history.look = loaded.look;
      const waited = performance.now() - history.firstLookAt;
      if (waited < (options.patienceMs ?? PATIENCE_MS)) return { kind: "again", afterMs: LOOK_AGAIN_MS };
      return giveUp(sample, loaded.look ? "it cannot be read as a complete picture" : "the file is not there");
    }
    const { content } = loaded;
    const main = await putBlob(options.target(), content);
    if (main.kind !== "stored") return notStored(sample, main, history, options.say);
    const thumbnail = content.thumbnail && (await putBlob(options.target(), { ...content.thumbnail, mediaType: "image/webp" }));
    if (thumbnail && thumbnail.kind === "later") return notStored(sample, thumbnail, history, options.say);
    return { kind: "announce", event: announcement(sample, content, main.path, thumbnail?.kind === "stored" ? thumbnail.path : null) };
  };

  return {
    poke: () => void work(),
    open: () => spool.uploads.count(),
    close: () => {
      closed = true;
      if (timer) clearTimeout(timer);
    },
  };
}

function notStored(sample: PendingSample, answer: Exclude<BlobAnswer, { kind: "stored" }>, history: Attempts, say: Say): Outcome {
  if (answer.kind === "refused") return giveUp(sample, answer.why);
  say("debug", `a sample was not stored, and is tried again: ${answer.why}`);
  const afterMs = backoff(history.failures, Math.random());
  history.failures += 1;
  return { kind: "again", afterMs };
}

function announcement(sample: PendingSample, content: Content, path: string, thumbnailPath: string | null): AnyEvent {
  return {
    type: "sample_generated",
    timestamp: iso(sample.t),
    sample_id: sample.sample_id,
    path,
    thumbnail_path: thumbnailPath,
    sample_type: sample.sample_type,
    media_type: content.mediaType,
    width: content.width,
    height: content.height,
    step: sample.step,
    epoch: sample.epoch,
    prompt: sample.prompt,
    sha256: content.sha256,
  };
}

function giveUp(sample: PendingSample, why: string): Outcome {
  const message = `a sample of step ${sample.step ?? "?"} cannot be shown: ${why}`;
  return { kind: "give_up", event: { type: "log", timestamp: new Date().toISOString(), level: "warning", message, source: "agent" } };
}
