import { randomUUID } from "node:crypto";
import type { CommandName, RunStatus } from "../../../protocol/index.ts";
import { EXIT_FAILED, EXIT_INTERRUPTED } from "../usage.ts";
import { Screen } from "./screen.ts";
import { told, unwatched, type WatchState, welcomed } from "./state.ts";
import { type Footer, view } from "./view.ts";
import { exitOf, open, type Watching } from "./watching.ts";

/** Drawn at most this often: more than an eye follows, and little for a slow line. In milliseconds. */
const DRAW_EVERY_MS = 100;
/** Drawn at least this often, as "for 12 s" goes on without an event. */
const CLOCK_EVERY_MS = 1000;

const COMMANDS: Readonly<Record<string, CommandName>> = { s: "sample", b: "backup", v: "save", x: "stop" };
const CTRL_C = "\u0003";

/** The full-screen view: until `q`, Ctrl-C, or a refusal for good. */
export async function watchOnScreen(watching: Watching): Promise<number> {
  const done = Promise.withResolvers<number>();
  let state = unwatched(watching.run);
  let footer: Footer = { question: null, notice: null };
  let refused: string | null = null;
  let timer: NodeJS.Timeout | null = null;

  const draw = (): void => {
    timer = null;
    const colours = process.stdout.hasColors() && !process.env.NO_COLOR;
    screen.draw(view(state, footer, { ...screen.size, colours }, Date.now()));
  };
  const change = (next: WatchState): void => {
    state = next;
    timer ??= setTimeout(draw, DRAW_EVERY_MS);
  };
  const say = (next: Footer): void => {
    footer = next;
    draw();
  };
  const send = async (command: CommandName): Promise<void> => {
    say({ question: null, notice: null });
    const answer = await connection.command({ id: randomUUID(), command });
    if (!answer.ok) say({ question: null, notice: `${command}: ${answer.message}` });
  };
  const key = (pressed: string): void => {
    if (pressed === CTRL_C) done.resolve(EXIT_INTERRUPTED);
    else if (footer.question !== null) answer(pressed);
    else if (pressed === "q") done.resolve(0);
    else ask(pressed);
  };
  const answer = (pressed: string): void => {
    if (pressed === "y") void send("stop");
    else say({ question: null, notice: "nothing was sent" });
  };
  const ask = (pressed: string): void => {
    const steers = state.role === "operator" || state.role === "owner";
    const paused = state.latest.training_status?.status === "paused";
    const command = pressed === "p" ? (paused ? "resume" : "pause") : COMMANDS[pressed];
    if (!steers || command === undefined) return;
    if (command === "stop") say({ question: "Stop the training?", notice: null });
    else void send(command);
  };

  const screen = new Screen(process.stdin, process.stdout, key);
  const connection = open(watching, {
    onEvent: (event) => {
      change(told(state, event));
      const code = watching.exit && event.type === "training_status" ? exitOf(event.status as RunStatus) : null;
      if (code !== null) done.resolve(code);
    },
    onWelcome: (welcome) => change(welcomed(state, welcome)),
    onState: (link) => {
      change({ ...state, link });
      if (link.kind !== "closed" || link.reason.code === "closed_by_user") return;
      refused = `${link.reason.message} (${link.reason.code})`;
      done.resolve(EXIT_FAILED);
    },
  });
  screen.enter();
  draw();
  const clock = setInterval(draw, CLOCK_EVERY_MS);
  const end = () => done.resolve(EXIT_INTERRUPTED);
  process.once("SIGTERM", end).once("SIGHUP", end);
  const code = await done.promise;
  clearInterval(clock);
  if (timer) clearTimeout(timer);
  screen.leave();
  connection.close();
  if (refused !== null) process.stderr.write(`runcast: ${refused}\n`);
  return code;
}
