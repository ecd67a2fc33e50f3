import type { Case } from "../support/case.ts";
import { plainMode } from "./plain-mode.ts";

/** Every case, area by area. */
export const SUITE: readonly Case[] = [...plainMode];
