/** One line on stderr that says how far it is, where that is a terminal. */
export type ExportProgress = { show(events: number, offset: number): void; end(): void };

/** @param last_offset of the log when the export began; it may grow meanwhile */
export function exportProgress(last_offset: number, stream: NodeJS.WriteStream = process.stderr): ExportProgress {
  if (!stream.isTTY) return { show: () => undefined, end: () => undefined };
  return {
    show(events, offset) {
      const percent = last_offset > 0 ? Math.min(100, Math.floor((offset / last_offset) * 100)) : 100;
      stream.write(`\r\u001b[K${events} events, ${percent}% of the log`);
    },
    end: () => void stream.write("\r\u001b[K"),
  };
}
