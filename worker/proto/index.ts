/** Protocol Buffers and JSON, one turned into the other. Imports nothing of ours, so that it can be loaded by itself, later. */
export { encodeBatch, encodeEvent, encodeRoomMessage } from "./room-message.ts";
export { decodeViewerMessage } from "./viewer-message.ts";
