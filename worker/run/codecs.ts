import type { Codec } from "./codec.ts";
import { batchedCodec, plainCodec } from "./json-codec.ts";
import { protoCodec } from "./proto-codec.ts";
import type { ViewerMode } from "./sockets.ts";

/** How each mode writes and reads its frames. */
export const CODECS: Record<ViewerMode, Codec> = { plain: plainCodec, batched: batchedCodec, proto: protoCodec };
