import type { ComponentChildren } from "preact";
import { newVersion } from "./install.ts";
import { KeysHelp } from "./keys-help.tsx";

/** What stands around every page: the way past its header, the help for its keys, and word of a newer version. */
export function Shell({ children }: { children: ComponentChildren }) {
  return (
    <>
      <SkipLink />
      {children}
      <KeysHelp />
      <VersionNotice />
    </>
  );
}

/** A button that looks like the link that it is: the address's fragment is where tokens come in. */
function SkipLink() {
  return (
    <button type="button" class="skip" onClick={focusMain}>
      Skip to the content
    </button>
  );
}

function focusMain(): void {
  const main = document.querySelector("main");
  if (main === null) return;
  main.tabIndex = -1;
  main.focus();
}

/** Always there, so that a screen reader says what comes into it. */
function VersionNotice() {
  return (
    <div class="version-notice" role="status" data-shown={newVersion.value}>
      {newVersion.value && (
        <>
          <span>A new version of this page is ready.</span>
          <button type="button" class="small" onClick={() => location.reload()}>
            Reload
          </button>
        </>
      )}
    </div>
  );
}
