import "./csp.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/list.css";
import "./styles/run.css";
import "./styles/people.css";
import "./styles/samples.css";
import "./styles/hardware.css";
import "./styles/log.css";
import "uplot/dist/uPlot.min.css";
import "./styles/compare.css";
import "./styles/plot.css";
import "./styles/shell.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { startSession } from "./session/session.ts";
import { keepShell } from "./shell/install.ts";
import { Shell } from "./shell/shell.tsx";

// The token leaves the address before anything else happens.
startSession();
const root = document.getElementById("app");
if (root) {
  render(
    <Shell>
      <App />
    </Shell>,
    root,
  );
}
keepShell();
