/**
 * The clipboard exists in secure contexts alone, and this page is also served by plain http on a local network.
 * @returns whether the text was copied; who has it on the screen then selects it
 */
export async function writeClipboard(text: string): Promise<boolean> {
  const clipboard: Clipboard | undefined = navigator.clipboard;
  try {
    await clipboard?.writeText(text);
    return clipboard !== undefined;
  } catch {
    return false;
  }
}

/** Copies also without a clipboard, the old way; not from within a dialog, which keeps the selection to itself. */
export async function copied(text: string): Promise<boolean> {
  return (await writeClipboard(text)) || copiedBySelection(text);
}

function copiedBySelection(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr-only";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
