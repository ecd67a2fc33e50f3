import { createHash } from "node:crypto";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Spool } from "../../../agent/spool/spool.ts";
import { mediaTypeOf } from "../../../agent/uploads/media.ts";
import { type PendingSample, startUploader } from "../../../agent/uploads/uploader.ts";
import { type AnyEvent, MEDIA_TYPES } from "../../../protocol/index.ts";
import { folderForTest } from "../../support/temporary.ts";
import { until } from "../../support/until.ts";
import { addUntilFull, DISKS } from "../support/disk.ts";
import { type Room, startRoom } from "../support/room.ts";
import { eventsIn, spoolForTest } from "../support/spool.ts";

const picture = () =>
  sharp({ create: { width: 640, height: 480, channels: 3, background: "#336699" } })
    .png()
    .toBuffer();
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** An uploader on a spool, and the events that it has recorded so far. */
function uploaderTo(room: Room, spool: Spool = spoolForTest()) {
  let live = true;
  const uploader = startUploader({
    spool,
    target: () => ({ relay: room.url, run: "a-run", token: "t" }),
    isLive: () => live,
    say: () => undefined,
    onRecorded: () => undefined,
    patienceMs: 1000,
  });
  onTestFinished(uploader.close);
  const events = () => (spool.outbox.read(1, { bytes: 1e9, events: 1e4 })?.bodies ?? []).map((body): AnyEvent => JSON.parse(body));
  const add = (path: string, sample_id = "8-abc", t = 1_764_000_000.5) => {
    const sample: PendingSample = {
      sample_id,
      path,
      sample_type: "default",
      step: 8,
      epoch: 1,
      prompt: "a red circle",
      t,
    };
    spool.uploads.add(sample);
    uploader.poke();
  };
  const setLive = (now: boolean) => {
    live = now;
    uploader.poke();
  };
  return { spool, uploader, events, add, setLive };
}

describe("samples", () => {
  test.for(DISKS)("PR4 on a full disk, %s, a sample is announced when there is room, and uploaded once", async ([, make], { skip }) => {
    const disk = make();
    if (!disk) return skip();
    const room = await startRoom();
    const path = join(folderForTest(), "sample.png");
    writeFileSync(path, await picture());
    const { spool, add, setLive, uploader } = uploaderTo(room, disk.open());
    setLive(false);
    add(path);
    disk.fill();
    const taken = addUntilFull(spool, 1);
    setLive(true);
    await until(() => room.puts === 2, { what: "the picture and a small one" });
    disk.empty();
    await until(() => uploader.open() === 0, { what: "the announcement" });
    expect(room.puts).toBe(2);
    expect(eventsIn(spool).slice(taken)).toMatchObject([{ type: "sample_generated", sample_id: "8-abc" }]);
  });

  test("PR4 a sample of a clock that shows no date at all is announced too", async () => {
    const room = await startRoom();
    const path = join(folderForTest(), "sample.png");
    writeFileSync(path, await picture());
    const { events, add } = uploaderTo(room);
    add(path, "9-abc", 1e300);
    const [event] = await until(() => events().length === 1 && events(), { what: "the announcement" });
    expect(event).toMatchObject({ type: "sample_generated", timestamp: "+275760-09-13T00:00:00.000Z" });
  });

  test("PR4 a picture is stored with a small WebP of it, and announced as of when it was made", async () => {
    const room = await startRoom();
    const path = join(folderForTest(), "sample.png");
    const bytes = await picture();
    writeFileSync(path, bytes);
    const { events, add, uploader } = uploaderTo(room);
    add(path);
    const [event] = await until(() => events().length === 1 && events(), { what: "the announcement" });
    expect(event).toMatchObject({
      type: "sample_generated",
      timestamp: new Date(1_764_000_000_500).toISOString(),
      sample_id: "8-abc",
      path: `/api/runs/a-run/blobs/${sha256(bytes)}`,
      sample_type: "default",
      media_type: "image/png",
      width: 640,
      height: 480,
      step: 8,
      epoch: 1,
      prompt: "a red circle",
      sha256: sha256(bytes),
    });
    expect(room.blobs.get(sha256(bytes))).toEqual({ body: bytes, type: "image/png" });
    const small = room.blobs.get(String(event?.thumbnail_path).split("/").at(-1) ?? "");
    expect(small?.type).toBe("image/webp");
    expect(await sharp(small?.body).metadata()).toMatchObject({ format: "webp", width: 320, height: 240 });
    expect(uploader.open()).toBe(0);
    expect(readFileSync(path)).toEqual(bytes);
  });

  test("PR4 an upload that fails is tried again, with the same id", async () => {
    const room = await startRoom();
    const path = join(folderForTest(), "sample.png");
    writeFileSync(path, await picture());
    room.faults.refuseBlobs = 503;
    const { events, add, uploader } = uploaderTo(room);
    add(path);
    await until(() => uploader.open() === 1, { what: "a failure" });
    room.faults.refuseBlobs = null;
    const [event] = await until(() => events().length === 1 && events(), { what: "the announcement" });
    expect(event).toMatchObject({ type: "sample_generated", sample_id: "8-abc" });
  });

  test("PR4 uploads wait while the room is away, and survive the agent in the spool", async () => {
    const room = await startRoom();
    const path = join(folderForTest(), "sample.png");
    writeFileSync(path, await picture());
    const first = uploaderTo(room);
    first.setLive(false);
    first.add(path);
    expect(room.blobs.size).toBe(0);
    first.uploader.close();
    const second = uploaderTo(room, first.spool);
    second.uploader.poke();
    await until(() => second.events().length === 1, { what: "the announcement" });
  });

  test("PR4 a file that is still written is waited for", async () => {
    const room = await startRoom();
    const path = join(folderForTest(), "sample.png");
    const bytes = await picture();
    writeFileSync(path, bytes.subarray(0, 200));
    const { events, add } = uploaderTo(room);
    add(path);
    await until(() => room.blobs.size === 0, { what: "nothing yet" });
    appendFileSync(path, bytes.subarray(200));
    const [event] = await until(() => events().length === 1 && events(), { what: "the announcement" });
    expect(event).toMatchObject({ type: "sample_generated", sha256: sha256(bytes) });
  });

  test.each([
    ["a file that is gone", null, "the file is not there"],
    ["a page that could hold a script", "<!doctype html><script>alert(1)</script>", "no kind that a relay takes"],
    ["half a picture that nobody completes", "\x89PNG\r\n\x1a\n half", "complete picture"],
  ])("PR4 %s is told once, as a warning", async (_, content, words) => {
    const room = await startRoom();
    const path = join(folderForTest(), "sample.png");
    if (content !== null) writeFileSync(path, content, "latin1");
    const { events, add, uploader } = uploaderTo(room);
    add(path);
    const [event] = await until(() => events().length === 1 && events(), { what: "the warning" });
    expect(event).toMatchObject({ type: "log", level: "warning", source: "agent", message: expect.stringContaining(words) });
    expect(uploader.open()).toBe(0);
    expect(room.blobs.size).toBe(0);
  });

  test("PR4 a sample that fails does not hold back the one after it", async () => {
    const room = await startRoom();
    const folder = folderForTest();
    writeFileSync(join(folder, "good.png"), await picture());
    const { events, add } = uploaderTo(room);
    add(join(folder, "missing.png"), "first");
    add(join(folder, "good.png"), "second");
    await until(() => events().length > 0, { what: "the second" });
    expect(events()[0]).toMatchObject({ sample_id: "second" });
  });

  test("PR4 what a relay would refuse for its content is not tried again", async () => {
    const room = await startRoom();
    const path = join(folderForTest(), "sample.png");
    writeFileSync(path, await picture());
    room.faults.refuseBlobs = 415;
    const { events, add } = uploaderTo(room);
    add(path);
    const [event] = await until(() => events().length === 1 && events(), { what: "the warning" });
    expect(event).toMatchObject({ type: "log", message: expect.stringContaining("not this") });
  });

  test("AC6 kinds are told by content", async () => {
    const one = sharp({ create: { width: 8, height: 8, channels: 3, background: "#fff" } });
    for (const format of ["png", "jpeg", "webp", "gif"] as const) {
      expect(mediaTypeOf(await one.clone().toFormat(format).toBuffer())).toBe(`image/${format}`);
    }
    const heads = {
      "video/mp4": "\0\0\0\x20ftypisom",
      "video/webm": "\x1a\x45\xdf\xa3",
      "audio/wav": "RIFF0000WAVEfmt ",
      "audio/ogg": "OggS",
    };
    for (const [type, head] of Object.entries(heads)) {
      expect(MEDIA_TYPES).toContain(type);
      expect(mediaTypeOf(Buffer.from(head, "latin1"))).toBe(type);
    }
    expect(mediaTypeOf(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'>"))).toBeNull();
    expect(mediaTypeOf(new Uint8Array())).toBeNull();
  });
});
