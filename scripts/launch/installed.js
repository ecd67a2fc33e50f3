import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutNode } from "../../bin/hand-over.js";

/**
 * @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean, devOptional?: boolean }} LockedPackage
 * @typedef {Record<string, LockedPackage>} LockedPackages
 */

/**
 * Whether `node_modules` is what the lock file asks for. npm leaves a lock file of its own in there, at the very end of an install
 * that went well: it says what lies there, whoever installed it and however long ago.
 *
 * @param {string} root folder of the checkout
 */
export function isInstalled(root) {
  const wanted = packagesIn(join(root, "package-lock.json"));
  const present = packagesIn(join(root, "node_modules", ".package-lock.json"));
  return wanted !== undefined && present !== undefined && covers(present, wanted) && checkoutNode(root) !== undefined;
}

/**
 * @param {LockedPackages} present
 * @param {LockedPackages} wanted
 * @returns {boolean} whether everything is there in the right version; optional packages are for other systems
 */
export function covers(present, wanted) {
  return Object.entries(wanted).every(([path, want]) => {
    if (path === "" || want.link) return true;
    const has = present[path];
    if (has === undefined) return want.optional === true || want.devOptional === true;
    return has.version === want.version && (has.integrity === want.integrity || want.integrity === undefined);
  });
}

/**
 * @param {string} path of a lock file
 * @returns {LockedPackages | undefined}
 */
function packagesIn(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined;
  }
}
