import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

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

/** The clipboard exists in secure contexts alone, and this page is also served by plain http on a local network: there the old way helps. */
async function copied(text: string): Promise<boolean> {
  const clipboard: Clipboard | undefined = navigator.clipboard;
  try {
    if (clipboard === undefined) return copiedBySelection(text);
    await clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text);
  }
}

function copiedBySelection(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr-only";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
