import type { SqlPort, SqlValue, StoragePort } from "../../../worker/run/storage/sql-port.ts";
import type { Bill } from "./bill.ts";

/** The object's own storage; what each statement read and wrote goes on the bill when its cursor has been read. */
export function countedStorage(storage: DurableObjectStorage, bill: Bill): StoragePort {
  const exec: SqlPort["exec"] = <T extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]) => {
    const cursor = storage.sql.exec<T>(query, ...bindings);
    let read = 0;
    let written = 0;
    const count = () => {
      bill.rows_read += cursor.rowsRead - read;
      bill.rows_written += cursor.rowsWritten - written;
      read = cursor.rowsRead;
      written = cursor.rowsWritten;
    };
    count();
    function* rows(): Generator<T> {
      for (const row of cursor) {
        count();
        yield row;
      }
      count();
    }
    return {
      toArray: () => [...rows()],
      [Symbol.iterator]: rows,
    };
  };
  return { sql: { exec }, transactionSync: (work) => storage.transactionSync(work) };
}
