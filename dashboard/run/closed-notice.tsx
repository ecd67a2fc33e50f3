import { useEffect } from "preact/hooks";
import type { Reason } from "../../client/index.ts";
import { follow } from "../router.ts";

/** A run that is not there yet may come: a link is often opened before its trainer has started. */
const AGAIN_MS = 4000;

/** @returns what a refusal means for somebody who opened a link */
function explain(run: string, { code, message }: Reason): { title: string; text: string } {
  switch (code) {
    case "run_not_found":
      return { title: "This run has not started yet", text: `There is no run called “${run}” on this relay. This page keeps looking.` };
    case "run_deleted":
      return { title: "This run was deleted", text: "Its events and pictures are gone from the relay." };
    case "forbidden":
      return {
        title: "Not for this link",
        text: "You are signed in with a link that does not cover this run. Open the link of this run, or ask for one.",
      };
    default:
      return { title: "Not connected", text: `The relay says: ${message}.` };
  }
}

export function ClosedNotice({ run, reason, onRetry }: { run: string; reason: Reason; onRetry: () => void }) {
  const { code } = reason;
  useEffect(() => {
    if (code !== "run_not_found") return;
    const timer = setTimeout(onRetry, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [code, onRetry]);
  const { title, text } = explain(run, reason);
  return (
    <main class="empty">
      <div role="alert">
        <h2>{title}</h2>
        <p>{text}</p>
      </div>
      <p>
        <a href="/" onClick={follow}>
          All runs
        </a>
      </p>
    </main>
  );
}
