import { useState } from "preact/hooks";
import { createApi } from "../../client/index.ts";
import { account } from "../session/session.ts";
import { Copyable } from "./copyable.tsx";

/** As long as an agent's token may be good for a team that forgets about it. */
const TOKEN_S = 30 * 24 * 3600;

/** No run yet: how to make the first one. @param owns whether whoever looks may make an agent's token */
export function EmptyList({ owns }: { owns: boolean }) {
  const [token, setToken] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const make = async () => {
    const { value } = account;
    if (value.kind !== "in") return;
    const api = createApi({ url: location.origin, token: value.token });
    const known = await api.signIn();
    const sub = known.ok ? known.value.sub : "owner";
    const runs = known.ok ? known.value.runs : "*";
    const made = await api.makeToken({ role: "agent", sub, runs, expires_in: TOKEN_S });
    if (made.ok) setToken(made.value.token);
    else setProblem(made.message);
  };
  const login = `npx runcast login '${location.origin}/#token=${token ?? "TOKEN"}'`;
  return (
    <section class="empty">
      <h2>No run yet</h2>
      <p>Start a training with runcast in front of it, and it shows up here by itself. The trainer needs no change.</p>
      <h3>On the machine that trains</h3>
      <Copyable text={login} />
      <Copyable text="npx runcast run -- python scripts/train.py --config-path config.json" />
      {owns && token === null && (
        <p>
          <button type="button" class="quiet" onClick={() => void make()}>
            Make a token for it
          </button>{" "}
          <span class="muted">good for 30 days, for sending runs alone; it is shown once</span>
        </p>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <p class="muted">
        With a relay on the same machine the first line is not needed. OneTrainer is understood in full; any other trainer that logs to
        TensorBoard shows its scalars and its console. Where nothing shows, <code>npx runcast doctor</code> says why.
      </p>
    </section>
  );
}
