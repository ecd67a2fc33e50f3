import { useSignal } from "@preact/signals";
import { canNotify, chooseNews, wantsNews } from "./news-choice.ts";

const SAID = {
  on: "While this page is open in the background, you are told how the run ends, of errors, stalls and new samples.",
  off: "No notifications for this run.",
  denied: "This browser blocks notifications of this site. Allow them in its settings.",
};

/** Notifications for this run, on or off; not shown where there are none. */
export function Bell({ run }: { run: string }) {
  const isOn = useSignal(wantsNews(run));
  const said = useSignal<keyof typeof SAID | null>(null);
  if (!canNotify()) return null;
  const change = async () => {
    const answer = await chooseNews(run, !isOn.value);
    isOn.value = answer === "on";
    said.value = answer;
  };
  return (
    <div class="bell">
      <button
        type="button"
        class="quiet icon"
        aria-label="Notifications"
        aria-pressed={isOn.value}
        title={isOn.value ? "Notifications are on for this run" : "Notify me while this page is in the background"}
        onClick={() => void change()}
        onBlur={() => {
          said.value = null;
        }}
      >
        <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
          <path d="M10 2.500a5 5 0 0 0-5 5v3.200L3.500 14h13L15 10.700V7.500a5 5 0 0 0-5-5z" fill={isOn.value ? "currentColor" : "none"} />
          <path d="M8 16.500a2 2 0 0 0 4 0" fill="none" />
        </svg>
      </button>
      <p class="bell-said" role="status" data-shown={said.value !== null}>
        {said.value && SAID[said.value]}
      </p>
    </div>
  );
}
