/** Points of one series, by step. Two plain columns: a chart draws thousands of them at each frame. */
export type Curve = { steps: number[]; values: number[] };
