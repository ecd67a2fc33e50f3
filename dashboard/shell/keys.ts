/**
 * Keys that work everywhere on the page, but never while somebody types or a dialog is open. An element asks for one by the attribute
 * that screen readers know, `aria-keyshortcuts="f"`: the key then clicks it, or focuses it where it is a field, and the help lists it by
 * its name. So a panel has its key for as long as it is there.
 */
export type Key = { keys: string; name: string };

/** What the page does by itself. `g r` is one key after the other. */
type Jump = Key & { go: () => void };

/** The second of two keys counts for so long. */
const PAIR_MS = 1500;

const JUMPS: readonly Jump[] = [
  { keys: "g r", name: "Go to the runs", go: () => document.querySelector<HTMLAnchorElement>('a[href="/"]')?.click() },
  { keys: "s", name: "Go to the samples", go: () => jumpTo(".area-samples") },
];

/** @returns the element that a search key focuses: one that asks for it, or whatever search there is */
const searchField = () => document.querySelector<HTMLElement>('[aria-keyshortcuts="/"], input[type="search"]');

/** @returns whether a key does something, having done it. @param pair the key before, where it may be the first of two */
function act(key: string, pair: string | null): boolean {
  const jump = JUMPS.find(({ keys }) => keys === (pair === null ? key : `${pair} ${key}`));
  const wanted =
    pair === null ? (key === "/" ? searchField() : document.querySelector<HTMLElement>(`[aria-keyshortcuts="${CSS.escape(key)}"]`)) : null;
  if (wanted?.checkVisibility()) {
    if (isField(wanted)) wanted.focus();
    else wanted.click();
    return true;
  }
  jump?.go();
  return jump !== undefined;
}

/** @returns what ends it */
export function listenToKeys(onHelp: () => void): () => void {
  let first: { key: string; at: number } | null = null;
  const hear = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const pair = first !== null && event.timeStamp - first.at < PAIR_MS ? first.key : null;
    first = event.key === "g" ? { key: "g", at: event.timeStamp } : null;
    if (event.key === "?") onHelp();
    else if (!act(event.key, pair)) return;
    event.preventDefault();
  };
  document.addEventListener("keydown", hear);
  return () => document.removeEventListener("keydown", hear);
}

/** @returns every key that does something on the page as it is */
export function keysNow(): Key[] {
  const own = JUMPS.filter(({ keys }) => keys !== "s" || document.querySelector(".area-samples") !== null);
  const asked = [...document.querySelectorAll<HTMLElement>("[aria-keyshortcuts]")].map((element) => ({
    keys: element.getAttribute("aria-keyshortcuts") ?? "",
    name: nameOf(element),
  }));
  const search = searchField();
  const found = search === null || search.hasAttribute("aria-keyshortcuts") ? [] : [{ keys: "/", name: nameOf(search) }];
  return [...found, ...own, ...asked, { keys: "Esc", name: "Close what is open" }, { keys: "?", name: "Show these keys" }];
}

function nameOf(element: HTMLElement): string {
  const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element.textContent;
  return element.getAttribute("aria-label") ?? label?.trim() ?? "";
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (isField(target) || target.isContentEditable);
}

/** A checkbox or a slider takes no letters. */
function isField(element: HTMLElement): boolean {
  if (element instanceof HTMLInputElement) return !["checkbox", "radio", "range", "button"].includes(element.type);
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}

function jumpTo(selector: string): void {
  const section = document.querySelector<HTMLElement>(selector);
  if (section === null) return;
  section.tabIndex = -1;
  section.focus({ preventScroll: true });
  section.scrollIntoView({ block: "start", behavior: "auto" });
}
