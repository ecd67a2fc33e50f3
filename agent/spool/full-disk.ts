/** A full disk is asked again this often, in milliseconds: room may be made at any moment, and a failed write costs little. */
export const FULL_DISK_RETRY_MS = 1000;
