import { ComparePage } from "./compare/compare-page.tsx";
import { route } from "./router.ts";
import { RunPage } from "./run/run-page.tsx";
import { RunsPage } from "./runs/runs-page.tsx";
import { account } from "./session/session.ts";
import { SignIn } from "./session/sign-in.tsx";

export function App() {
  const { kind } = account.value;
  if (kind === "out") return <SignIn />;
  const { value } = route;
  if (value.kind === "compare") return <ComparePage search={value.search} />;
  return value.kind === "run" ? <RunPage key={value.run} run={value.run} /> : <RunsPage search={value.search} />;
}
