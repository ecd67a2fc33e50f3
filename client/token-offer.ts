import type { ErrorCode } from "../protocol/index.ts";

/** Refusals of a token that another try cannot change. Any other, such as a directory that is not there, may pass. */
const FINAL: ReadonlySet<string> = new Set<ErrorCode>(["unauthorized", "token_expired", "token_revoked", "forbidden", "invalid_message"]);

/** AC4: the newer token that the room of the present socket was offered, and what it said. */
export class TokenOffer {
  #offer: { token: string; isOpen: boolean } | null = null;

  /** The room has not answered yet. */
  get isOpen(): boolean {
    return this.#offer?.isOpen === true;
  }

  /** @returns whether the room has refused it for good */
  hasRefused(token: string): boolean {
    return this.#offer?.token === token && !this.#offer.isOpen;
  }

  sent(token: string): void {
    this.#offer = { token, isOpen: true };
  }

  /** @returns the token that the link has from now on, null where none was offered */
  accepted(): string | null {
    const token = this.#offer?.token ?? null;
    this.#offer = null;
    return token;
  }

  refused(code: string): void {
    if (this.#offer !== null) this.#offer = FINAL.has(code) ? { ...this.#offer, isOpen: false } : null;
  }

  /** The socket is gone, and what was offered with it. */
  lost(): void {
    this.#offer = null;
  }
}
