import { ERRORS, type Hello, KEEPALIVE_SEND } from "../../protocol/index.ts";
import type { Relay } from "../config/relay.ts";
import type { Say } from "../log.ts";
import { agentLog } from "../session/agent-log.ts";
import type { Spool } from "../spool/spool.ts";
import type { AgentTokens } from "./credentials.ts";
import { newProducer, outcome, step, wakeAt } from "./producer.ts";
import type { Effect, Ending, Input } from "./producer-types.ts";
import { openSocket, type Socket } from "./socket.ts";

export type UplinkOptions = {
  relay: Relay;
  run: string;
  tokens: AgentTokens;
  spool: Spool;
  agent: Hello["agent"];
  /** The run as it is known now, for `hello`. */
  runInfo: () => Record<string, unknown> | null;
  say: Say;
  onCommand: (command: Extract<Effect, { type: "command" }>["command"]) => void;
  /** The room has answered `hello`; also after each reconnect. */
  onLive: () => void;
  /** Something about the link or its figures may have changed. */
  onChange: () => void;
};

export type Uplink = {
  /** Connects, and from then on keeps connected. */
  start(): void;
  /** The spool has something new. */
  poke(): void;
  isLive(): boolean;
  /** Everything is to go out now. */
  finish(): void;
  outcome(): "done" | "given_up" | "open";
  close(): void;
};

/** What is waited for is timed by a clock that nobody sets: one that was set back an hour would hold everything for an hour. */
const clock = (): number => performance.now();
/** Command updates that are looked at together: more are never open. */
const UPDATES_AT_ONCE = 1000;

/** Carries the spool's events to the room: feeds the producer machine with what happens and does what it says. */
export function createUplink(options: UplinkOptions): Uplink {
  const { spool, relay, run, say, tokens } = options;
  let producer = newProducer(spool.outbox.figures(), tokens.renewable, clock());
  let socket: Socket | null = null;
  let attempt = 0;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  /** Command updates that went out on this connection, each with the newest seq that was sent before it. */
  const told = new Map<number, number>();

  // An effect may call back into here (a command that is refused at once): its input waits until the present one is done.
  const inputs: Input[] = [];
  let feeding = false;
  const feed = (...given: Input[]): void => {
    inputs.push(...given);
    if (feeding) return;
    feeding = true;
    for (let input = inputs.shift(); input && !closed; input = inputs.shift()) {
      const next = step(producer, input, clock());
      producer = next.producer;
      for (const effect of next.effects) inputs.push(...perform(effect));
    }
    feeding = false;
    if (closed) return;
    arm();
    options.onChange();
  };

  const arm = (): void => {
    if (timer) clearTimeout(timer);
    const at = wakeAt(producer);
    timer = at === null ? null : setTimeout(() => feed({ type: "tick" }), Math.max(0, at - clock()));
  };

  const figures = (): Input => ({ type: "figures", ...spool.outbox.figures() });

  const perform = (effect: Effect): Input[] => {
    switch (effect.type) {
      case "connect":
        connect();
        return [];
      case "hello":
        sayHello();
        return [];
      case "batch":
        return [sendBatch(effect)];
      case "acknowledged":
        spool.outbox.acknowledge(effect.seq);
        confirmUpdates(effect.seq);
        return [figures()];
      case "skip_to":
        spool.outbox.skipTo(effect.seq);
        return [figures()];
      case "begin_life":
        spool.outbox.beginLife();
        return [figures()];
      case "replace": {
        const message = `an event was refused by the relay and left out: ${effect.why}`;
        // On a full disk the same event would be sent, and refused, without end: a new connection is made after a while instead.
        return spool.outbox.replace(effect.seq, agentLog("warning", message, Date.now())) ? [] : drop();
      }
      case "command":
        options.onCommand(effect.command);
        return [];
      case "live":
        told.clear();
        sendCommandUpdates();
        options.onLive();
        return [];
      case "ping":
        // The platform answers this by itself, and remembers when: a room whose agent has nothing to say goes on sleeping.
        socket?.send(KEEPALIVE_SEND);
        return [];
      case "drop":
        return drop();
      case "say":
        say(effect.level, effect.text);
        return [];
    }
  };

  const drop = (): Input[] => {
    attempt += 1; // whatever the dropped socket still has to say is not heard
    socket?.drop();
    socket = null;
    return [{ type: "ended", ending: { kind: "closed", code: 1006, reason: "" }, random: Math.random() }];
  };

  const connect = (): void => {
    attempt += 1;
    const mine = attempt;
    const current = (call: () => void) => {
      if (mine === attempt && !closed) call();
    };
    const opening = openSocket(`${relay.ws}/runs/${encodeURIComponent(run)}/agent`, tokens.show(Date.now()), {
      // The figures first: the spool may have lost its file, and with it its life, without anybody having looked.
      opened: () => current(() => feed(figures(), { type: "opened" })),
      heard: () => current(() => feed({ type: "heard" })),
      message: (message) =>
        current(() => {
          if (message.type === "ready") feed(figures(), { type: "message", message });
          else feed({ type: "message", message });
        }),
      ended: (ending) =>
        current(() => {
          socket = null;
          if (hasTokenEnded(ending)) tokens.ended();
          feed({ type: "ended", ending, random: Math.random() });
        }),
    });
    void opening.then((opened) => {
      if (mine === attempt && !closed) socket = opened;
      else opened.drop();
    });
  };

  const sayHello = (): void => {
    const { life, acked, sent } = spool.outbox.figures();
    const runInfo = options.runInfo();
    const timestamp = new Date().toISOString();
    const hello: Hello = { type: "hello", protocol: 1, life, next_seq: acked + 1, sent_seq: sent, agent: options.agent, timestamp };
    socket?.send(JSON.stringify(runInfo ? { ...hello, run_info: runInfo } : hello));
  };

  const sendBatch = (effect: Extract<Effect, { type: "batch" }>): Input => {
    const { life } = spool.outbox.figures();
    const batch = spool.outbox.read(effect.from, effect);
    if (batch && life === producer.life) {
      const flush = effect.flush ? ',"flush":true' : "";
      socket?.send(`{"type":"batch","first_seq":${batch.first}${flush},"events":[${batch.bodies.join(",")}]}`);
    }
    const sent = batch && { last: batch.first + batch.bodies.length - 1, bytes: batch.bytes, flush: effect.flush };
    return { type: "sent", batch: sent, ...spool.outbox.figures() };
  };

  /**
   * The room says nothing to an update. Frames stay in order, so one is known to have arrived when a batch that went out after it is
   * acknowledged; until then it is sent again on each new connection, and the room ignores what it knows.
   */
  const sendCommandUpdates = (): void => {
    if (producer.link.kind !== "live" || !socket) return;
    for (const { key, item } of spool.commandUpdates.list(UPDATES_AT_ONCE)) {
      if (told.has(key)) continue;
      socket.send(JSON.stringify(item));
      told.set(key, spool.outbox.figures().sent);
    }
  };

  const confirmUpdates = (acked: number): void => {
    for (const [key, sentBefore] of told) {
      if (sentBefore >= acked) continue;
      // Where a full disk keeps it, it is told once more on the next connection, and the room knows it.
      spool.write(() => spool.commandUpdates.remove(key));
      told.delete(key);
    }
  };

  return {
    start: arm,
    poke: () => {
      sendCommandUpdates();
      feed(figures());
    },
    isLive: () => producer.link.kind === "live",
    finish: () => feed({ type: "finish" }),
    outcome: () => {
      const result = outcome(producer);
      const untold = spool.commandUpdates.list(UPDATES_AT_ONCE).some(({ key }) => !told.has(key));
      return result === "done" && untold ? "open" : result;
    },
    close: () => {
      closed = true;
      if (timer) clearTimeout(timer);
      if (producer.link.kind === "live") socket?.close();
      else socket?.drop();
    },
  };
}

/** A revoked one has not: it is taken away, and no other one takes its place. */
function hasTokenEnded(ending: Ending): boolean {
  if (ending.kind === "closed") return ending.code === ERRORS.token_expired.close;
  return ending.status === ERRORS.token_expired.http && ending.code !== "token_revoked";
}
