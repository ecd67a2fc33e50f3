import { connect, type LinkState } from "../../client/index.ts";
import type { CommandRecord, CommandState, Position } from "../../protocol/index.ts";
import type { Access } from "./access.ts";

/** What there is to say of a command's present state. */
export type CommandNews = Pick<CommandRecord, "state" | "global_step" | "error"> & { by: string | null };

/** `ended`: the terminal state was told. `left`: whoever followed has gone. `time_over`: its time is over and nothing was heard. */
export type Followed = { kind: "ended" } | { kind: "left" } | { kind: "time_over" } | { kind: "refused"; code: string; message: string };

export type FollowOptions = {
  access: Access;
  run: string;
  id: string;
  /** Where the run's log was before the command was asked for. */
  since: Position;
  /** The state that is known already. */
  from: CommandState | null;
  /** Called for each later state, in order. */
  tell: (news: CommandNews) => void;
  /** Called each time the relay has gone. */
  onAway: () => void;
  /** Ends the following. */
  signal: AbortSignal;
  /** When to give up, in milliseconds from now. */
  ms: number;
};

/** States only go forward; one of the last is the end (CM1). */
const ORDER: Readonly<Record<CommandState, number>> = { queued: 0, delivered: 1, applied: 2, rejected: 2, expired: 2, failed: 2 };

export const isTerminal = (state: CommandState): boolean => ORDER[state] === ORDER.applied;

/** Follows a command as a viewer of its run, so that no state is missed, also not while the relay is away for a while. */
export async function followCommand(options: FollowOptions): Promise<Followed> {
  const { access, run, id, since, tell, onAway, signal, ms } = options;
  let known = options.from === null ? -1 : ORDER[options.from];
  const done = Promise.withResolvers<Followed>();
  if (signal.aborted) done.resolve({ kind: "left" });
  const take = (news: CommandNews): void => {
    if (ORDER[news.state] <= known) return;
    known = ORDER[news.state];
    tell(news);
    if (isTerminal(news.state)) done.resolve({ kind: "ended" });
  };
  /** What the room has stored, for when its events cannot be had without a hole. */
  const look = async (): Promise<void> => {
    const answer = await access.api().commands(run);
    const record = answer.ok ? answer.value.find((command) => command.id === id) : undefined;
    if (record) take(record);
  };
  const heard = (state: LinkState): void => {
    if (state.kind === "recovering") onAway();
    if (state.kind === "closed") done.resolve({ kind: "refused", ...state.reason });
  };
  const connection = connect({
    url: access.url,
    run,
    token: async () => access.token(),
    events: ["command_status"],
    since: `${since.log_id}:${since.offset}`,
    onWelcome: ({ recovered }) => {
      if (!recovered) void look();
    },
    onEvent: (event) => {
      if (event.type !== "command_status" || event.command_id !== id) return;
      take({ state: event.state, by: event.by ?? null, global_step: event.global_step ?? null, error: event.error ?? null });
    },
    onState: heard,
  });
  const timer = setTimeout(() => void look().then(() => done.resolve({ kind: "time_over" })), ms);
  const leave = () => done.resolve({ kind: "left" });
  signal.addEventListener("abort", leave, { once: true });
  const followed = await done.promise;
  signal.removeEventListener("abort", leave);
  clearTimeout(timer);
  connection.close();
  return followed;
}
