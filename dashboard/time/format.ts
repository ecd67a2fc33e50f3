/** Figures as text. Digits keep their place (tabular figures), so texts that change often have a steady length where that is honest. */

/** @returns `8 s`, `4 min 10 s`, `1 h 05 min`, `2 d 3 h` */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** An estimate's ends: seconds up to two minutes, minutes and hours from there on. */
function roughly(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  return whole < 600 ? `${Math.round(whole / 60)} min` : duration(whole);
}

/** @returns `12–14 min`, `1 h 05–12 min`: what both ends share is said once; one duration where they read the same */
export function durationRange(low: number, high: number): string {
  const [from, to] = [roughly(low).split(" "), roughly(high).split(" ")];
  if (from.join() === to.join()) return to.join(" ");
  const sameShape = from.length === to.length && from.every((part, index) => index % 2 === 0 || part === to[index]);
  const sharesAllButLast = from.slice(0, -2).join() === to.slice(0, -2).join();
  if (!sameShape || !sharesAllButLast) return `${from.join(" ")} – ${to.join(" ")}`;
  return [...from.slice(0, -2), `${from.at(-2)}–${to.at(-2)}`, to.at(-1)].join(" ");
}

/** @returns `12 s ago`; a moment ahead of the clock is `just now` */
export function ago(at: number, now: number): string {
  const seconds = Math.floor((now - at) / 1000);
  return seconds < 2 ? "just now" : `${duration(seconds)} ago`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY_CLOCK = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
const DATE_CLOCK = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const SECONDS_CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** The farthest moment from 1970 that a date can be, in milliseconds. */
const MOMENT_MAX = 8.64e15;

/** @returns whether a clock can show it: a trainer's own estimate or clock may say anything, and the platform throws for what is no date */
export function isMoment(at: number): boolean {
  return Math.abs(at) <= MOMENT_MAX;
}

/** @returns the clock time, with the weekday where it is more than half a day off */
export function clock(at: number, now: number): string {
  if (!isMoment(at)) return "–";
  return (Math.abs(at - now) > 12 * 3600 * 1000 ? DAY_CLOCK : CLOCK).format(at);
}

/** @returns the day and the clock time of a moment that may be weeks away */
export function dateClock(timestamp: string): string {
  const at = Date.parse(timestamp);
  return Number.isNaN(at) ? "–" : DATE_CLOCK.format(at);
}

/** @returns the time between two clock times, written as the reader's language does */
export function clockRange(from: number, to: number, now: number): string {
  if (!isMoment(from) || !isMoment(to)) return "–";
  return (Math.abs(to - now) > 12 * 3600 * 1000 ? DAY_CLOCK : CLOCK).formatRange(from, to);
}

export function clockWithSeconds(timestamp: string): string {
  const at = Date.parse(timestamp);
  return Number.isNaN(at) ? "" : SECONDS_CLOCK.format(at);
}

/** @returns a number in about four figures: `0.03142`, `12.35`, `1.2e-5`; NaN and infinities by name */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(2);
  return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 4);
}

const COUNT = new Intl.NumberFormat(undefined);

export function count(value: number | null): string {
  return value === null ? "–" : COUNT.format(value);
}

/** @returns steps a second, or seconds a step where that reads better */
export function pace(stepsPerSecond: number | null): string {
  if (stepsPerSecond === null || !Number.isFinite(stepsPerSecond) || stepsPerSecond <= 0) return "–";
  return stepsPerSecond >= 1 ? `${stepsPerSecond.toFixed(2)} steps/s` : `${(1 / stepsPerSecond).toFixed(2)} s/step`;
}

export function percent(fraction: number | null): string {
  return fraction === null ? "–" : `${(Math.floor(fraction * 1000) / 10).toFixed(1)} %`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
