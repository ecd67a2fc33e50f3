/** Where a viewer is in a room's log: `<log_id>:<offset>`. */
export type Position = { log_id: string; offset: number };

const PATTERN = /^([A-Za-z0-9._-]{1,64}):(\d{1,15})$/;

/** @returns the position, or null where the text makes no sense: such a viewer is never called recovered (VW3). */
export function parsePosition(text: string): Position | null {
  const match = PATTERN.exec(text);
  return match?.[1] && match[2] ? { log_id: match[1], offset: Number(match[2]) } : null;
}

/** @returns `<log_id>:<offset>` */
export function formatPosition(position: Position): string {
  return `${position.log_id}:${position.offset}`;
}
