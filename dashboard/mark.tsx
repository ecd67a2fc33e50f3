/** The project's sign: a falling curve with its newest point. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <path d="M5 8c4 0 5 11 10 13 3 1.200 5 1.200 9 1.200" fill="none" stroke="currentColor" stroke-width="2.600" stroke-linecap="round" />
      <circle class="mark-point" cx="25" cy="22.200" r="3.200" />
    </svg>
  );
}
