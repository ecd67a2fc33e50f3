import type { ComponentChildren } from "preact";

/** A wide or a long table scrolls inside itself, with the keyboard, too: not every browser lets one reach what scrolls by itself. */
export function Scroller({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached without a pointer (axe: scrollable-region-focusable)
    <section class="scroller" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
