import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { copied } from "../clipboard.ts";

/** How long the button says what became of it, in milliseconds. */
const SAID_MS = 2000;

/** Copies a text. Its width stays, whatever it says. @param text is made when it is asked for */
export function CopyButton({ label, text }: { label: string; text: () => string }) {
  const said = useSignal<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const copy = async () => {
    said.value = (await copied(text())) ? "Copied" : "This browser does not let pages copy here";
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      said.value = null;
    }, SAID_MS);
  };
  return (
    <span class="copy">
      <button type="button" onClick={() => void copy()}>
        {label}
      </button>
      <span class={said.value === null ? "copied" : "copied is-said"} role="status">
        {said}
      </span>
    </span>
  );
}
