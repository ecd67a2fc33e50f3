import type { Change, RunStore } from "../run/store.ts";
import { Lookout } from "./lookout.ts";
import type { News } from "./news.ts";
import { wantsNews } from "./news-choice.ts";

/** How often an agent that is away is looked at; a hidden page's timers are slowed to a minute anyway. */
const TICK_MS = 60_000;

/** Tells what happens to a run while its page is in the background, where that is wanted. @returns what ends it */
export function tellNews(run: string, store: RunStore): () => void {
  const lookout = new Lookout();
  const look = () => (document.hidden ? lookout.hide(Date.now()) : lookout.show());
  const tell = (news: News | null) => {
    if (news !== null && document.hidden && wantsNews(run)) void show(news, run, store);
  };
  const hear = (change: Change) => tell(lookout.hear(change, change.event === null ? Date.now() : store.localTime(change.event.timestamp)));
  const timer = setInterval(() => tell(lookout.tick(Date.now())), TICK_MS);
  store.heard.add(hear);
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    clearInterval(timer);
    store.heard.delete(hear);
    document.removeEventListener("visibilitychange", look);
  };
}

/** By the service worker where there is one: Chromium on Android refuses a page's own, and a click then works after the page has gone. */
async function show(news: News, run: string, store: RunStore): Promise<void> {
  const { title, options } = notification(news, run, store.view.value.info?.name ?? run);
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  try {
    if (registration?.active) return await registration.showNotification(title, options);
    const shown = new Notification(title, options);
    shown.onclick = () => {
      focus();
      shown.close();
    };
  } catch {
    // Taken back meanwhile, or no such thing without a service worker.
  }
}

/** A newer one of its kind takes the place of an older one, quietly. */
function notification(news: News, run: string, name: string): { title: string; options: NotificationOptions } {
  const body = [name, news.body].filter((line) => line !== "").join("\n");
  const icon = news.picture?.startsWith("/api/") ? news.picture : "/icons/icon-192.png";
  return {
    title: news.title,
    options: { body, icon, badge: "/icons/icon-192.png", tag: `${run} ${news.kind}`, data: { path: location.pathname } },
  };
}
