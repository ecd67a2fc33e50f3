import { signal } from "@preact/signals";
import { createApi } from "../../client/index.ts";
import { setAddress } from "../router.ts";
import { forgetEverything } from "../shell/install.ts";
import { tokenInFragment, tokenInQuery } from "./token-text.ts";

/** `problem` is why somebody was signed out, to be told on the sign-in page. */
export type Account = { kind: "in"; token: string } | { kind: "out"; problem: string | null };

/**
 * The token stays in localStorage: a phone ends pages in the background at will, and whoever opens it again is still signed in. It ends
 * with its own expiry. The cookie beside it is for `<img>` alone.
 */
const KEY = "runcast.token";

export const account = signal<Account>({ kind: "out", problem: null });

/** Takes a token out of the address, where it must not stay, or the one that was kept. */
export function startSession(): void {
  const query = tokenInQuery(location.search);
  const linked = tokenInFragment(location.hash) ?? query.token;
  if (location.hash !== "" || query.rest !== location.search) history.replaceState(null, "", location.pathname + query.rest);
  const token = linked ?? keptToken();
  if (token !== null) signIn(token);
  // A link that is opened in a page that is already here changes the fragment alone.
  addEventListener("hashchange", () => {
    const another = tokenInFragment(location.hash);
    if (another === null) return;
    history.replaceState(null, "", location.pathname + location.search);
    signIn(another);
  });
  // Signed out in one tab is signed out in all of them.
  addEventListener("storage", (event) => {
    if (event.key === KEY && event.newValue === null) account.value = { kind: "out", problem: null };
  });
}

export function signIn(token: string, path: string | null = null): void {
  keepToken(token);
  account.value = { kind: "in", token };
  if (path !== null) setAddress(path, "replace");
  void createApi({ url: location.origin, token })
    .signIn()
    .then((answer) => {
      if (!answer.ok && answer.status === 401) signOut(whyOut(answer.code));
    });
}

/** @param problem why, where it was not asked for */
export function signOut(problem: string | null = null): void {
  keepToken(null);
  // Whoever asks for it leaves nothing behind; a link that has expired does not take the choices of this browser along.
  if (problem === null) forgetEverything();
  account.value = { kind: "out", problem };
  // The cookie goes with the token: one that ended would be answered with 401 where none is asked for.
  void createApi({ url: location.origin }).signOut();
}

/** @returns a sentence for a code that ends a session */
export function whyOut(code: string): string {
  if (code === "token_expired") return "The link that signed you in has expired. Ask for a new one.";
  if (code === "token_revoked") return "The link that signed you in was revoked. Ask for a new one.";
  return "This relay does not accept the token. Was it made by another relay, or with another secret?";
}

/** A browser that is told to keep nothing throws at the mere mention: one is then signed in until the page goes. */
function keptToken(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keepToken(token: string | null): void {
  try {
    if (token === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, token);
  } catch {
    // Nothing is kept, as the browser was told.
  }
}
