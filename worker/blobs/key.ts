/** Where a run's blobs lie in the bucket. */
export function blobPrefix(run: string): string {
  return `runs/${run}/`;
}

export function keyOf(run: string, sha256: string): string {
  return `${blobPrefix(run)}${sha256}`;
}
