import type { ChartTheme } from "../chart/theme.ts";
import { figure } from "../time/format.ts";
import type { Axis } from "./address.ts";
import { LookMark } from "./chips.tsx";
import type { UnderPointer } from "./drawn-series.ts";
import { lookOf } from "./look.ts";
import { difference, placeText } from "./texts.ts";

type UnderPointerProps = { axis: Axis; x: number; told: readonly UnderPointer[]; colors: ChartTheme };

/** Each run's value at a place, and by how much it differs from the baseline's there. */
export function UnderPointerTable({ axis, x, told, colors }: UnderPointerProps) {
  return (
    <>
      <p class="muted figure">{placeText(axis, x)}</p>
      <table class="under-pointer">
        <tbody>
          {told.map(({ run, value, base }) => (
            <tr key={run.run}>
              <th scope="row">
                <span class="run-cell">
                  <LookMark look={lookOf(run.place, colors)} />
                  <span class="run-cell-name">{run.name}</span>
                </span>
              </th>
              <td>{figure(value)}</td>
              <td class="muted">{difference(value, base)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
