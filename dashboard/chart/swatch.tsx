/** A line as it is drawn: a stroke with its dashes, or a ring. */
export function Swatch({ color, dash, points = false }: { color: string; dash: readonly number[]; points?: boolean }) {
  return (
    <svg class="swatch" width="18" height="10" viewBox="0 0 18 10" aria-hidden="true">
      {points ? (
        <circle cx="9" cy="5" r="3" fill="none" stroke={color} stroke-width="2" />
      ) : (
        <path d="M0 5h18" stroke={color} stroke-width="2" stroke-dasharray={dash.join(" ")} />
      )}
    </svg>
  );
}
