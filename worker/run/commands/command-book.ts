import type { CommandRecord } from "../../../protocol/index.ts";
import type { SqlPort } from "../storage/sql-port.ts";
import { type Command, isOpen } from "./command.ts";

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
    const open = isOpen(command) ? 1 : 0;
    this.#sql.exec("INSERT OR REPLACE INTO commands (id, record, open) VALUES (?, ?, ?)", command.record.id, JSON.stringify(command), open);
  }

  /** Commands without a terminal state, oldest first. An index holds these alone. */
  open(): Command[] {
    return this.#read("SELECT record FROM commands WHERE open = 1").reverse();
  }

  /** All commands, newest first. */
  records(): CommandRecord[] {
    return this.#read("SELECT record FROM commands").map((command) => command.record);
  }

  /** @returns newest first */
  #read(query: string): Command[] {
    const commands = this.#sql
      .exec<Row>(query)
      .toArray()
      .map((row) => JSON.parse(row.record) as Command);
    return commands.sort((a, b) => b.record.requested_at.localeCompare(a.record.requested_at));
  }
}
