/** Whether a run's news are wanted in this browser: one choice a run, besides the browser's own permission. */
const KEY = "runcast.news.";

/** Notifications exist in secure contexts alone, and not in every browser. */
export function canNotify(): boolean {
  return "Notification" in globalThis && isSecureContext;
}

export function wantsNews(run: string): boolean {
  try {
    return canNotify() && Notification.permission === "granted" && localStorage.getItem(KEY + run) === "on";
  } catch {
    return false;
  }
}

/** @returns whether they come from now on; `denied`: the browser refuses, now and until somebody changes its settings */
export async function chooseNews(run: string, wanted: boolean): Promise<"on" | "off" | "denied"> {
  if (!wanted) return keep(run, false);
  const permission = await Notification.requestPermission();
  if (permission === "granted") return keep(run, true);
  return permission === "denied" ? "denied" : "off";
}

function keep(run: string, wanted: boolean): "on" | "off" {
  try {
    if (wanted) localStorage.setItem(KEY + run, "on");
    else localStorage.removeItem(KEY + run);
    return wanted ? "on" : "off";
  } catch {
    return "off";
  }
}
