import { WireType } from "@bufbuild/protobuf/wire";
import { double, type Kind, text, writeList, writeOne } from "./fields.ts";
import { Metrics_SeriesSchema } from "./runcast_v1_pb.ts";

/** A series of a `metrics` event: its values without the nulls, and a bit a step where there are some. */
type Series = { name: string; values: number[]; present: Uint8Array | null };

const writeName = writeOne(Metrics_SeriesSchema.field.name, text);
const writeValues = writeList(Metrics_SeriesSchema.field.values, double);

/** One column of `metrics.series`, as `[name, values]`. */
export const series: Kind<Series> = {
  wire: WireType.LengthDelimited,
  read(value) {
    const [name, column] = value as [string, unknown];
    if (!Array.isArray(column)) return undefined;
    const values: number[] = [];
    const present = new Uint8Array(Math.ceil(column.length / 8));
    for (const [i, cell] of column.entries()) {
      if (cell === null) continue;
      const number = double.read(cell);
      if (number === undefined) return undefined;
      values.push(number);
      present[i >> 3] = (present[i >> 3] ?? 0) | (1 << (i & 7));
    }
    return { name, values, present: values.length === column.length ? null : present };
  },
  write(writer, { name, values, present }) {
    writer.fork();
    writeName(writer, name);
    writeValues(writer, values);
    if (present) writer.tag(Metrics_SeriesSchema.field.present.number, WireType.LengthDelimited).bytes(present);
    writer.join();
  },
};
