import { signal } from "@preact/signals";
import type { Answer, Api } from "../../client/index.ts";
import type { ShareMade, ShareRequest, TokenRecord } from "../../protocol/index.ts";
import { signOut, whyOut } from "../session/session.ts";

/** The links to one run, as the dialog has them while it is open. */
export class Shares {
  /** Those that still sign in, newest first; null until they have been read. */
  readonly list = signal<readonly TokenRecord[] | null>(null);
  /** The newest one that was made here: the relay tells its address this once. */
  readonly made = signal<ShareMade | null>(null);
  /** What went wrong with the last thing that was asked. */
  readonly problem = signal<string | null>(null);
  /** A link is being made or revoked. */
  readonly busy = signal(false);
  readonly #api: Api;
  readonly #run: string;
  /** One question at a time: two answers could come in another order than they were asked for. */
  #last: Promise<void> = Promise.resolve();

  constructor(api: Api, run: string) {
    this.#api = api;
    this.#run = run;
  }

  read(): void {
    this.#last = this.#last.then(() => this.#readList());
  }

  make(wish: ShareRequest): void {
    this.#change(async () => {
      const made = await this.#api.share(this.#run, wish);
      if (!made.ok) return this.#failed("No link was made", made);
      this.made.value = made.value;
      await this.#readList();
    });
  }

  revoke(jti: string): void {
    this.#change(async () => {
      const revoked = await this.#api.revokeShare(this.#run, jti);
      if (!revoked.ok) return this.#failed("The link was not revoked", revoked);
      if (this.made.value?.jti === jti) this.made.value = null;
      await this.#readList();
    });
  }

  #change(work: () => Promise<void>): void {
    this.busy.value = true;
    this.problem.value = null;
    this.#last = this.#last.then(work).then(() => {
      this.busy.value = false;
    });
  }

  async #readList(): Promise<void> {
    const answer = await this.#api.shares(this.#run);
    if (answer.ok) this.list.value = answer.value.filter(({ revoked }) => !revoked);
    else this.#failed("The links could not be read", answer);
  }

  #failed(what: string, { status, code, message }: Answer<unknown> & { ok: false }): void {
    if (status === 401) signOut(whyOut(code));
    this.problem.value = `${what}: ${code === "unreachable" ? "the relay cannot be reached" : message}.`;
  }
}
