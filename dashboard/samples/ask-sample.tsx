import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { CommandRequest } from "../../protocol/index.ts";

/** Bounds as in protocol/commands.ts, which has the last word. */
const NUMBERS = [
  { name: "width", label: "Width", min: 8, max: 8192, step: 8 },
  { name: "height", label: "Height", min: 8, max: 8192, step: 8 },
  { name: "steps", label: "Steps", min: 1, max: 1000, step: 1 },
  { name: "seed", label: "Seed", min: -1, max: Number.MAX_SAFE_INTEGER, step: 1 },
  { name: "cfg", label: "CFG", min: 0, max: 100, step: "any" },
] as const;

export type SampleWish = Partial<CommandRequest>;

/** Asks what to sample: with the run's own prompts, or with one that is typed here. @param asking the prompt that it begins with; null while nobody asks */
export function AskSample({ asking, onAsk }: { asking: Signal<string | null>; onAsk: (wish: SampleWish) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const { value: prompt } = asking;
  useEffect(() => {
    if (prompt === null) return;
    if (text.current) text.current.value = prompt;
    dialog.current?.showModal();
  }, [prompt]);
  const over = () => {
    asking.value = null;
  };
  return (
    <dialog ref={dialog} class="confirm ask-sample" aria-label="Take a sample" onClose={over}>
      <form method="dialog" onSubmit={(event) => onAsk(wishOf(new FormData(event.currentTarget)))}>
        <h2>Take a sample</h2>
        <label>
          Prompt
          <textarea name="prompt" ref={text} rows={2} placeholder="Empty: the run's own prompts" />
        </label>
        <details>
          <summary>For a prompt of your own</summary>
          <label>
            Negative prompt
            <textarea name="negative_prompt" rows={1} />
          </label>
          <div class="numbers">
            {NUMBERS.map(({ label, ...bounds }) => (
              <label key={bounds.name}>
                {label}
                <input type="number" {...bounds} placeholder="usual" />
              </label>
            ))}
          </div>
        </details>
        <div class="buttons">
          {/* No submit: Enter in a field must not mean "no", and bounds are not checked on the way out. */}
          <button type="button" class="quiet" onClick={(event) => event.currentTarget.closest("dialog")?.close()}>
            Not now
          </button>
          <button type="submit" class="solid">
            Take it
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** Without a prompt nothing else counts: the run's own samples have their own settings. */
function wishOf(form: FormData): SampleWish {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const prompt = text("prompt");
  if (prompt === "") return {};
  const negative = text("negative_prompt");
  const numbers = NUMBERS.map(({ name }) => [name, text(name)] as const).filter(([, given]) => given !== "");
  return {
    prompt,
    ...(negative === "" ? {} : { negative_prompt: negative }),
    ...Object.fromEntries(numbers.map(([name, given]) => [name, Number(given)])),
  };
}
