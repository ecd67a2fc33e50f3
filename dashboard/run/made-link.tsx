import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { ShareMade } from "../../protocol/index.ts";
import { writeClipboard } from "../clipboard.ts";
import { dateClock } from "../time/format.ts";

/** The link that was made, to be copied or passed on. Its place is there before it is, so that nothing moves. */
export function MadeLink({ made, problem }: { made: ShareMade | null; problem: string | null }) {
  const field = useRef<HTMLInputElement>(null);
  const hint = useSignal<string | null>(null);

  const copy = async (url: string) => {
    field.current?.select();
    hint.value = (await writeClipboard(url)) ? "Copied." : "It is selected: copy it from there.";
  };
  const pass = (url: string) => {
    // Who thinks better of it is told nothing: the link is still here.
    navigator.share({ url }).catch(() => undefined);
  };
  return (
    <div class="made">
      <input ref={field} readOnly aria-label="Link" value={made?.url ?? ""} placeholder="The link stands here once it is made" />
      <div class="buttons">
        {"share" in navigator && (
          <button type="button" class="quiet tall" disabled={made === null} onClick={() => made && pass(made.url)}>
            Send …
          </button>
        )}
        <button type="button" class="quiet tall" disabled={made === null} onClick={() => made && void copy(made.url)}>
          Copy
        </button>
      </div>
      <p class="muted" role="status">
        {problem === null &&
          (hint.value ?? (made && `Shown this once. It signs in whoever opens it, until ${dateClock(made.expires_at)}.`))}
      </p>
      <p class="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}
