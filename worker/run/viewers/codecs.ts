import type { ViewerMode } from "../sockets.ts";
import type { Codec } from "./codec.ts";
import { batchedCodec, plainCodec } from "./json-codec.ts";
import { loadProtoCodec } from "./proto-codec.ts";

const codecs = new Map<ViewerMode, Codec>([
  ["plain", plainCodec],
  ["batched", batchedCodec],
]);

/** Makes a mode ready: to be called before a viewer of it joins, or is seen again after a hibernation, neither of which can wait. */
export async function loadCodec(mode: ViewerMode): Promise<void> {
  if (codecs.has(mode)) return;
  const codec = await loadProtoCodec();
  // Another room may have been quicker, and its viewers hold that one.
  if (!codecs.has(mode)) codecs.set(mode, codec);
}

/** How a mode writes and reads its frames. */
export function codecOf(mode: ViewerMode): Codec {
  const codec = codecs.get(mode);
  if (!codec) throw new Error(`a ${mode} viewer is here before its codec`);
  return codec;
}
