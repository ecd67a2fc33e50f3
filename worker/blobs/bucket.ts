/** Where a blob lies in the bucket. */
export function keyOf(run: string, sha256: string): string {
  return `${folderOf(run)}${sha256}`;
}

/** Deletes every blob of a run; a page of the bucket's list, 1000 names at most, is as much as it deletes at once. */
export async function deleteBlobs(bucket: R2Bucket, run: string): Promise<void> {
  // Always the first page: a cursor's place in a list that shrinks meanwhile is nowhere promised.
  for (;;) {
    const { objects, truncated } = await bucket.list({ prefix: folderOf(run) });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
    if (!truncated) return;
  }
}

function folderOf(run: string): string {
  return `runs/${run}/`;
}
