import { JSON_DEPTH_MAX } from "./limits.ts";

/**
 * @param value parsed JSON
 * @returns whether its objects and arrays nest no deeper than {@link JSON_DEPTH_MAX}; stops where they do
 */
export function isShallow(value: unknown, left = JSON_DEPTH_MAX): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (left === 0) return false;
  // Lists are long, and their indices would be made into texts.
  if (Array.isArray(value)) return value.every((element) => isShallow(element, left - 1));
  for (const key in value) if (!isShallow((value as Record<string, unknown>)[key], left - 1)) return false;
  return true;
}
