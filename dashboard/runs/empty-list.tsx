/** No run yet: how to make the first one. */
export function EmptyList() {
  return (
    <section class="empty">
      <h2>No run yet</h2>
      <p>Start a training with runcast in front of it, and it shows up here by itself. The trainer needs no change.</p>
      <pre>
        <code>npx runcast run -- python scripts/train.py --config-path config.json</code>
      </pre>
      <p class="muted">OneTrainer is understood in full. Any other trainer that logs to TensorBoard shows its scalars and its console.</p>
    </section>
  );
}
