import { DEFAULT_RELAY } from "../config/relay.ts";

/** Options that several commands have, as commander takes them. */

export const RELAY_OPTION = ["--relay <url>", `the relay's address (default: $RUNCAST_RELAY, else ${DEFAULT_RELAY})`] as const;

export const TOKEN_OPTION = [
  "--token <token>",
  "a token that may do this; others on this machine see arguments, so rather set $RUNCAST_TOKEN (default: made from the local relay's secret)",
] as const;
