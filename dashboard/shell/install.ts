import { signal } from "@preact/signals";

/** Whether a newer version of the page has arrived, which the next navigation shows. */
export const newVersion = signal(false);

/** A page that stays open for days asks for a newer one when somebody looks at it again, at most so often. */
const ASK_EVERY_MS = 60 * 60 * 1000;

/**
 * Has the service worker keep the page's files, once everything else has loaded. There is none by plain http on a local network, where a
 * browser is told to keep nothing, and during development: the page is then loaded anew each time.
 */
export function keepShell(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const worker = navigator.serviceWorker;
  let controlled = worker.controller !== null;
  worker.addEventListener("controllerchange", () => {
    // The first one keeps the very files that this page was loaded from.
    newVersion.value = controlled;
    controlled = true;
  });
  const register = () =>
    void worker.register("/sw.js").then(askNowAndThen, () => {
      // The browser does not want to: nothing is kept.
    });
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}

function askNowAndThen(registration: ServiceWorkerRegistration): void {
  let asked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || Date.now() - asked < ASK_EVERY_MS) return;
    asked = Date.now();
    registration.update().catch(() => {
      // Without a connection there is no newer version either.
    });
  });
}

/** Removes what the page keeps in this browser beside its cookie: for somebody who signs out. */
export function forgetEverything(): void {
  for (const storage of ["localStorage", "sessionStorage"] as const) forgetStorage(storage);
  if (!("caches" in globalThis)) return;
  void caches.keys().then((names) => Promise.all(names.map((name) => caches.delete(name))));
}

function forgetStorage(name: "localStorage" | "sessionStorage"): void {
  try {
    const storage = window[name];
    for (const key of Object.keys(storage)) if (key.startsWith("runcast")) storage.removeItem(key);
  } catch {
    // Nothing is kept, as the browser was told.
  }
}
