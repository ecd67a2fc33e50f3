import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Key, keysNow, listenToKeys } from "./keys.ts";

/** The keys of the page as it is, asked for by `?`. */
export function KeysHelp() {
  const keys = useSignal<readonly Key[]>([]);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(
    () =>
      listenToKeys(() => {
        keys.value = keysNow();
        dialog.current?.showModal();
      }),
    [keys],
  );
  return (
    <dialog ref={dialog} class="confirm keys-help" aria-label="Keys">
      <form method="dialog">
        <h2>Keys</h2>
        <dl>
          {keys.value.map(({ keys: combination, name }) => (
            <div key={`${combination} ${name}`}>
              <dt>
                {combination.split(" ").map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{name}</dd>
            </div>
          ))}
        </dl>
        <div class="buttons">
          <button type="submit" class="quiet">
            Close
          </button>
        </div>
      </form>
    </dialog>
  );
}
