import type { CommandRecord } from "../../protocol/index.ts";
import { type Command, isOpen } from "./commands.ts";
import type { SqlPort } from "./store.ts";

type Row = { record: string };

/** The commands of a run, stored: a command asked for is known after any restart. */
export class CommandBook {
  readonly #sql: SqlPort;

  constructor(sql: SqlPort) {
    this.#sql = sql;
  }

  get(id: string): Command | null {
    const row = this.#sql.exec<Row>("SELECT record FROM commands WHERE id = ?", id).toArray()[0];
    return row ? (JSON.parse(row.record) as Command) : null;
  }

  put(command: Command): void {
    this.#sql.exec("INSERT OR REPLACE INTO commands (id, record) VALUES (?, ?)", command.record.id, JSON.stringify(command));
  }

  /** All commands, newest first. */
  all(): Command[] {
    const commands = this.#sql
      .exec<Row>("SELECT record FROM commands")
      .toArray()
      .map((row) => JSON.parse(row.record) as Command);
    return commands.sort((a, b) => b.record.requested_at.localeCompare(a.record.requested_at));
  }

  open(): Command[] {
    return this.all().filter(isOpen).reverse();
  }

  records(): CommandRecord[] {
    return this.all().map((command) => command.record);
  }
}
