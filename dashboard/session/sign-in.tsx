import { useSignal } from "@preact/signals";
import { Mark } from "../mark.tsx";
import { account, signIn } from "./session.ts";
import { tokenInText } from "./token-text.ts";

export function SignIn() {
  const { value } = account;
  const problem = useSignal(value.kind === "out" ? value.problem : null);
  const text = useSignal("");

  const submit = (event: Event) => {
    event.preventDefault();
    const found = tokenInText(text.value);
    if (found) signIn(found.token, found.path);
    else problem.value = "That is neither a link nor a token. A link ends in #token=… and is printed by npm start and by runcast run.";
  };

  return (
    <main class="sign-in">
      <form onSubmit={submit}>
        <Mark />
        <h1>Sign in</h1>
        <p class="muted">Open the link that you were given, or paste it here. A token alone works as well.</p>
        <label for="token">Link or token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={text}
          aria-describedby="sign-in-problem"
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
        <p id="sign-in-problem" class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="primary" disabled={text.value.trim() === ""}>
          Sign in
        </button>
      </form>
    </main>
  );
}
