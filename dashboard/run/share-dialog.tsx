import { useSignal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { NAME_MAX_LENGTH, type Role, type ShareRequest, type TokenRecord } from "../../protocol/index.ts";
import { dateClock } from "../time/format.ts";
import { MadeLink } from "./made-link.tsx";
import { Shares } from "./shares.ts";
import type { RunStore } from "./store.ts";

type SharedRole = ShareRequest["role"];

const ROLES: Record<SharedRole, string> = { viewer: "Viewer: looks", operator: "Operator: also steers" };

/** As the relay has it (AC5), which has the last word. */
const MAY_SHARE: Partial<Record<Role, readonly SharedRole[]>> = { operator: ["viewer"], owner: ["viewer", "operator"] };

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const EXPIRIES = [
  { seconds: HOUR_S, label: "1 hour" },
  { seconds: DAY_S, label: "1 day" },
  { seconds: 7 * DAY_S, label: "7 days" },
  { seconds: 30 * DAY_S, label: "30 days" },
] as const;
const USUAL_EXPIRY_S = 7 * DAY_S;

/** The button and, once it is pressed, the dialog. Nothing for those who may not share. */
export function Share({ run, store }: { run: string; store: RunStore }) {
  const opened = useSignal(false);
  const { role } = store.view.value;
  const roles = role === null ? undefined : MAY_SHARE[role];
  if (!roles) return null;
  const open = (is: boolean) => {
    opened.value = is;
  };
  return (
    <>
      <button type="button" class="quiet" onClick={() => open(true)}>
        Share …
      </button>
      {opened.value && <ShareDialog run={run} store={store} roles={roles} onClose={() => open(false)} />}
    </>
  );
}

type DialogProps = { run: string; store: RunStore; roles: readonly SharedRole[]; onClose: () => void };

function ShareDialog({ run, store, roles, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [shares] = useState(() => new Shares(store.api, run));
  useEffect(() => {
    dialog.current?.showModal();
    shares.read();
  }, [shares]);
  const busy = shares.busy.value;
  return (
    <dialog ref={dialog} class="confirm share" aria-label="Share this run" onClose={onClose}>
      <h2>Share this run</h2>
      <WishForm roles={roles} busy={busy} onMake={(wish) => shares.make(wish)} />
      {/* With a key: what was said of one link is not true of the next. */}
      <MadeLink key={shares.made.value?.jti} made={shares.made.value} problem={shares.problem.value} />
      <h3>Links that sign in</h3>
      <div class="shares">
        <ShareList list={shares.list.value} roles={roles} busy={busy} onRevoke={(jti) => shares.revoke(jti)} />
      </div>
      <div class="buttons">
        <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}

function WishForm({ roles, busy, onMake }: { roles: readonly SharedRole[]; busy: boolean; onMake: (wish: ShareRequest) => void }) {
  const submit = (event: Event & { currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const role = roles.find((each) => each === form.get("role"));
    const sub = String(form.get("sub") ?? "").trim();
    if (role) onMake({ role, expires_in: Number(form.get("expires_in")), ...(sub === "" ? {} : { sub }) });
  };
  return (
    <form class="wish" onSubmit={submit}>
      <label>
        Role
        <select name="role">
          {roles.map((role) => (
            <option key={role} value={role}>
              {ROLES[role]}
            </option>
          ))}
        </select>
      </label>
      <label>
        Good for
        <select name="expires_in">
          {EXPIRIES.map(({ seconds, label }) => (
            <option key={seconds} value={seconds} selected={seconds === USUAL_EXPIRY_S}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="whole">
        Name that others see
        <input name="sub" maxLength={NAME_MAX_LENGTH} autocomplete="off" placeholder="Empty: guest of yours" />
      </label>
      <button type="submit" class="primary whole tall" disabled={busy}>
        Make a link
      </button>
    </form>
  );
}

type ListProps = { list: readonly TokenRecord[] | null; roles: readonly SharedRole[]; busy: boolean; onRevoke: (jti: string) => void };

/** Who may not make such a link may not revoke it either: it has no button. */
function ShareList({ list, roles, busy, onRevoke }: ListProps) {
  if (list === null) return null;
  if (list.length === 0) return <p class="absent">None yet</p>;
  return (
    <ul>
      {list.map(({ jti, sub, role, by, expires_at }) => (
        <li key={jti}>
          <span class="whose">
            <span>{sub}</span>
            <span class="muted">{`${role}, until ${dateClock(expires_at)}, made by ${by}`}</span>
          </span>
          {roles.some((each) => each === role) && (
            <button
              type="button"
              class="small danger"
              disabled={busy}
              aria-label={`Revoke the link of ${sub}`}
              onClick={() => onRevoke(jti)}
            >
              Revoke
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
