import type { RunView } from "../model/run-view.ts";
import type { RunStore } from "../run/store.ts";
import { restoreFavicon, showFavicon } from "./favicon.ts";
import { type Sign, signOf, titleOf } from "./sign.ts";

/**
 * Keeps the tab's title and icon, and the badge of an installed page, up to date, also while the page is hidden: that is when they are
 * looked at. Touches each only when it says something else.
 *
 * @returns what ends it
 */
export function showSigns(run: string, store: RunStore): () => void {
  let view: RunView = store.view.value;
  let drawn: Sign | null = null;
  const show = () => {
    const sign = signOf(view, store.link.value);
    const title = titleOf(view, sign, run);
    if (document.title !== title) document.title = title;
    if (drawn?.state === sign.state && drawn.percent === sign.percent) return;
    if (sign.state !== drawn?.state) showBadge(sign.state === "error");
    drawn = sign;
    showFavicon(sign);
  };
  const hear = (change: { view: RunView }) => {
    view = change.view;
    show();
  };
  store.heard.add(hear);
  const unsubscribe = store.link.subscribe(show);
  return () => {
    store.heard.delete(hear);
    unsubscribe();
    restoreFavicon();
    showBadge(false);
  };
}

/** The dot on an installed page's icon, where the platform has one. */
function showBadge(isNeeded: boolean): void {
  const badge = isNeeded ? navigator.setAppBadge?.() : navigator.clearAppBadge?.();
  badge?.catch(() => {
    // It was not allowed: a badge is an extra.
  });
}
