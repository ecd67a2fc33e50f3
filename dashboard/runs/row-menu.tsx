import { useRef, useState } from "preact/hooks";
import { createApi } from "../../client/index.ts";
import { account } from "../session/session.ts";

/** For owners: a run that is over can go for good, after a question. */
export function RowMenu({ run, name, onDeleted }: { run: string; name: string; onDeleted: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const remove = async () => {
    const { value } = account;
    if (value.kind !== "in") return;
    const answer = await createApi({ url: location.origin, token: value.token }).deleteRun(run);
    if (!answer.ok) {
      setProblem(answer.message);
      return;
    }
    dialog.current?.close();
    onDeleted();
  };
  return (
    <>
      <button
        type="button"
        class="quiet small run-delete"
        aria-label={`Delete ${name}`}
        title="Delete"
        onClick={() => dialog.current?.showModal()}
      >
        ✕
      </button>
      <dialog ref={dialog} class="confirm" aria-label="Delete a run">
        <h2>Delete {name}?</h2>
        <p>Its log, curves, samples and links go for good, for everybody.</p>
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="buttons">
          <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
            Keep it
          </button>
          <button type="button" class="danger solid" onClick={() => void remove()}>
            Delete
          </button>
        </div>
      </dialog>
    </>
  );
}
