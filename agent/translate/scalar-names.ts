/** The scalars of a step that a progress event carries. */
export type Role = "loss" | "smooth_loss" | "learning_rate";
export const ROLES: readonly Role[] = ["loss", "smooth_loss", "learning_rate"];

/**
 * How trainers name these, best first; matched without regard to case. Of several series that fit, the best name wins, and of equally
 * good names the first that was logged (OneTrainer logs `lr/<part>` for each part that it trains).
 */
const NAMES: Record<Role, readonly RegExp[]> = {
  loss: [
    /^loss\/train_step$/,
    /^(?:train|training)[/_.](?:step_)?loss(?:_step)?$/,
    /^loss$/,
    /^loss[/_.](?:train|training)$/,
    /^(?:train|training)[/_.]total_loss$/,
    /^total_loss$/,
  ],
  smooth_loss: [
    /^smooth_loss\/train_step$/,
    /^(?:train[/_.])?(?:smooth|avg|average|ema|running)[/_.]?loss$/,
    /^loss[/_.](?:average|avg|smooth|ema)$/,
  ],
  learning_rate: [/^lr$/, /^learning[/_.]?rate$/, /^(?:train|training)[/_.](?:lr|learning_rate)$/, /^lr[-/].+$/, /^learning_rate\/.+$/],
};

/** @returns how good a name the tag is for the role, 0 the best, or null where it is none. */
export function rank(role: Role, tag: string): number | null {
  const name = tag.toLowerCase();
  const index = NAMES[role].findIndex((pattern) => pattern.test(name));
  return index < 0 ? null : index;
}

const ONETRAINER_VALIDATION = "loss/validation_step/";
const VALIDATION = /^(?:val|valid|validation|eval|test)[/_.](?:total_)?loss$|^loss[/_.](?:val|valid|validation|eval|test)$/i;

/**
 * @returns the label of a validation loss: what stands behind OneTrainer's prefix, the whole tag of another trainer, or null for any
 *   other series
 */
export function validationLabel(tag: string): string | null {
  if (tag.startsWith(ONETRAINER_VALIDATION)) return tag.slice(ONETRAINER_VALIDATION.length);
  return VALIDATION.test(tag) ? tag : null;
}
