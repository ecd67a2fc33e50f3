import { expect, test } from "vitest";
import { hostText } from "../../dashboard/model/host-text.ts";
import { lossName, otherGroups, shortName, smoothLossName } from "../../dashboard/model/series.ts";
import { tokenInFragment, tokenInText } from "../../dashboard/session/token-text.ts";
import { ago, clock, clockRange, clockWithSeconds, duration, durationRange, figure, pace, percent } from "../../dashboard/time/format.ts";

test("AC2 a token is found in a fragment, in a pasted link and alone, and nowhere else", () => {
  const token = "aaa.bbb-b.c_c";
  expect(tokenInFragment(`#token=${token}`)).toBe(token);
  expect(tokenInFragment("#token=<script>")).toBeNull();
  expect(tokenInText(`  ${token}\n`)).toEqual({ token, path: null });
  expect(tokenInText(`https://relay.example/runs/r1#token=${token}`)).toEqual({ token, path: "/runs/r1" });
  expect(tokenInText(`https://relay.example/compare?run=a&token=x.y.z&run=b#token=${token}`)).toEqual({
    token,
    path: "/compare?run=a&run=b",
  });
  expect(tokenInText("https://relay.example/runs/r1")).toBeNull();
  expect(tokenInText("hello")).toBeNull();
});

test("EV3 durations read like people say them, and a range says what both ends share once", () => {
  expect([0, 59, 61, 599, 600, 3599, 3900, 90_000].map(duration)).toEqual([
    "0 s",
    "59 s",
    "1 min 01 s",
    "9 min 59 s",
    "10 min",
    "1 h 00 min",
    "1 h 05 min",
    "1 d 1 h",
  ]);
  expect(durationRange(720, 840)).toBe("12–14 min");
  expect(durationRange(57, 73)).toBe("57–73 s");
  expect(durationRange(170, 250)).toBe("3–4 min");
  expect(durationRange(3900, 4320)).toBe("1 h 05–12 min");
  expect(durationRange(3300, 3900)).toBe("55 min – 1 h 05 min");
  expect(durationRange(700, 710)).toBe("12 min");
  expect(ago(1000, 13_000)).toBe("12 s ago");
});

test("EV3 a clock shows no time for what is none, and does not throw", () => {
  for (const at of [Number.NaN, Number.POSITIVE_INFINITY, -Number.MAX_VALUE, 8.64e15 + 1]) {
    expect([clock(at, 0), clockRange(at, 0, 0), clockRange(0, at, 0)]).toEqual(["–", "–", "–"]);
  }
  expect(["", "yesterday", "+999999-01-01T00:00:00.000Z"].map(clockWithSeconds)).toEqual(["", "", ""]);
});

test("EV2 figures name what is no number, and what is absent is no zero", () => {
  expect([null, Number.NaN, Number.POSITIVE_INFINITY, 0, 0.03142, 12.3456, 0.00001234].map(figure)).toEqual([
    "–",
    "NaN",
    "∞",
    "0.0000",
    "0.0314",
    "12.35",
    "1.23e-5",
  ]);
  expect([null, 0, 0.5, 4].map(pace)).toEqual(["–", "–", "2.00 s/step", "4.00 steps/s"]);
  expect([null, 0.99999, 1].map(percent)).toEqual(["–", "99.9 %", "100.0 %"]);
});

test("EV2 OneTrainer's series find their chart, and a stranger's loss is found too", () => {
  const names = [
    "lr/unet_lora",
    "loss/train_step",
    "smooth_loss/train_step",
    "loss/validation_step/held out",
    "lr/text_encoder_lora",
    "vram",
  ];
  expect([lossName(names), smoothLossName(names)]).toEqual(["loss/train_step", "smooth_loss/train_step"]);
  expect(otherGroups(names)).toEqual([
    { prefix: "lr", names: ["lr/text_encoder_lora", "lr/unet_lora"] },
    { prefix: "vram", names: ["vram"] },
  ]);
  expect(shortName("lr/unet_lora", "lr")).toBe("unet_lora");
  expect(lossName(["accuracy", "model/my_loss", "val_loss"])).toBe("model/my_loss");
});

test("EV7 a host reads in words, and what is not known of it keeps its name", () => {
  expect(hostText({ name: "rig-2", platform: "linux 6.18.44-fc-v669", cpus: 16, ram_gb: 64 })).toBe("rig-2, linux 6.18, 16 CPUs, 64 GB");
  expect(hostText({ name: "rig-2", rack: 7, cpus: null })).toBe("rig-2, rack 7");
  expect(hostText({ constructor: "x" })).toBe("constructor x");
  expect(hostText("rig-2")).toBe("rig-2");
  expect([hostText(null), hostText({})]).toEqual([null, null]);
});
