import { signal } from "@preact/signals";

/** What a chart draws with, taken from the page's own variables: a canvas knows no CSS. */
export type ChartTheme = {
  text: string;
  grid: string;
  bad: string;
  ground: string;
  ink: string;
  font: string;
  series: readonly string[];
  faint: string;
};

const dark = matchMedia("(prefers-color-scheme: dark)");

function read(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: of("--muted"),
    grid: of("--grid"),
    bad: of("--bad"),
    ground: of("--panel"),
    ink: of("--text"),
    faint: of("--series-faint"),
    font: `11px ${of("--font") || "sans-serif"}`,
    series: [1, 2, 3, 4, 5, 6].map((index) => of(`--series-${index}`)),
  };
}

/** Follows the system's light and dark. Read at the first use: the style sheet is not there before. */
export const theme = signal<ChartTheme | null>(null);

export function readTheme(): ChartTheme {
  theme.value ??= read();
  return theme.value;
}

dark.addEventListener("change", () => {
  theme.value = read();
});
