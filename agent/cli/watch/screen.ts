import type { ReadStream, WriteStream } from "node:tty";

const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";

/**
 * A terminal's other screen, on which whole views are drawn; what was there before is there again after {@link Screen.leave}. Only lines that
 * changed are written: a terminal may be at the end of a slow line.
 */
export class Screen {
  readonly #in: ReadStream;
  readonly #out: WriteStream;
  readonly #onKey: (key: string) => void;
  #shown: readonly string[] = [];

  constructor(input: ReadStream, output: WriteStream, onKey: (key: string) => void) {
    this.#in = input;
    this.#out = output;
    this.#onKey = onKey;
  }

  get size(): { width: number; height: number } {
    return { width: this.#out.columns || 80, height: this.#out.rows || 24 };
  }

  enter(): void {
    this.#out.write(ENTER);
    this.#out.on("resize", this.#forget);
    this.#in.setRawMode(true).setEncoding("utf8").resume().on("data", this.#keys);
    process.on("exit", this.#restore);
  }

  leave(): void {
    process.removeListener("exit", this.#restore);
    this.#in.off("data", this.#keys).pause();
    this.#out.off("resize", this.#forget);
    this.#restore();
  }

  draw(lines: readonly string[]): void {
    const changed = lines.flatMap((line, index) => (line === this.#shown[index] ? [] : [`\u001b[${index + 1};1H\u001b[2K${line}`]));
    this.#shown = lines;
    if (changed.length > 0) this.#out.write(changed.join(""));
  }

  readonly #forget = (): void => {
    this.#shown = [];
    this.#out.write("\u001b[2J");
  };

  readonly #keys = (text: string): void => {
    // An arrow or a function key is a sequence, and no letter of it is a command.
    if (text.startsWith("\u001b")) return;
    for (const key of text) this.#onKey(key);
  };

  readonly #restore = (): void => {
    this.#in.setRawMode(false);
    this.#out.write(LEAVE);
  };
}
