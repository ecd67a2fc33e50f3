import { lstatSync, mkdirSync, type Stats, statSync } from "node:fs";

/** A folder that only this user may change (AC7), or what to do about it. */
export type PrivateFolder = { ok: true } | { ok: false; message: string };

export type FolderWish = {
  /** For people: what lies in it. */
  holds: string;
  /** The variable that names another one. */
  variable: string;
  /**
   * Holds nothing but folders that are looked at themselves. Then it may be shared as `/tmp` is: in a sticky folder nobody moves or
   * removes what belongs to somebody else, but its owner, who has to be root or this user.
   */
  onlyFolders: boolean;
};

const ROOT = 0;
const STICKY = 0o1000;
const OTHERS_WRITE = 0o022;

/**
 * Makes a folder with mode 0700 where there is none, and looks at one that was there before: whoever can write in it can put another file
 * in the place of one of ours, for a hook or the next agent to believe.
 */
export function privateFolder(path: string, wish: FolderWish): PrivateFolder {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const trouble = troubleWith(path, wish);
    return trouble === null ? { ok: true } : { ok: false, message: `the folder ${path} for ${wish.holds} ${trouble}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, message: `the folder ${path} for ${wish.holds} cannot be made: ${why}; ${another(wish)}` };
  }
}

/** @returns what is wrong with a folder that is there, and what to do; null for nothing */
function troubleWith(path: string, wish: FolderWish): string | null {
  const me = process.geteuid?.();
  // Windows: no user ids, and the mode says nothing of who may write. What lies in a user's profile is the user's by its access list.
  if (me === undefined) return null;
  const named = lstatSync(path);
  const folder = named.isSymbolicLink() ? statSync(path) : named;
  const shared = wish.onlyFolders && (folder.mode & STICKY) !== 0;
  // A link's own mode is always open; who may turn it elsewhere is its owner.
  const strange = [named, folder].find(({ uid }) => uid !== me && !(shared && uid === ROOT));
  if (strange) return `belongs to another user (${strange.uid}): ${another(wish)}`;
  if (othersWrite(folder) && !shared) return `can be written by other users: \`chmod 700 ${path}\`, or ${another(wish)}`;
  return null;
}

function othersWrite({ mode }: Stats): boolean {
  return (mode & OTHERS_WRITE) !== 0;
}

function another({ variable }: FolderWish): string {
  return `choose another with ${variable}`;
}
