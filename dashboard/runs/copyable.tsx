import { useState } from "preact/hooks";
import { writeClipboard } from "../clipboard.ts";

/** A line to be copied into a terminal. Where the page may not write the clipboard (plain http) it is selected. */
export function Copyable({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (event: MouseEvent) => {
    const code = event.currentTarget instanceof Element ? event.currentTarget.parentElement?.querySelector("code") : null;
    if (await writeClipboard(text)) setCopied(true);
    else if (code) getSelection()?.selectAllChildren(code);
  };
  return (
    <div class="copyable">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <button type="button" class="quiet small" onClick={(event) => void copy(event)}>
        {copied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}
