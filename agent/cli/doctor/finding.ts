/** What a check has found. `advice`: what to do about it; null where there is nothing to do. */
export type Finding = { check: string; result: "ok" | "warning" | "failed"; message: string; advice: string | null };

export const ok = (check: string, message: string): Finding => ({ check, result: "ok", message, advice: null });
export const warning = (check: string, message: string, advice: string): Finding => ({ check, result: "warning", message, advice });
export const failed = (check: string, message: string, advice: string): Finding => ({ check, result: "failed", message, advice });
