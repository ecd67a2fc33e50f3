/** The wire protocol of runcast: schemas, inferred types and pure functions. */
export * from "./agent-messages.ts";
export * from "./claims.ts";
export * from "./commands.ts";
export * from "./errors.ts";
export * from "./events.ts";
export * from "./hook-messages.ts";
export * from "./http.ts";
export * from "./http-status.ts";
export * from "./limits.ts";
export * from "./media.ts";
export * from "./numbers.ts";
export * from "./position.ts";
export * from "./token-text.ts";
export * from "./viewer-messages.ts";
