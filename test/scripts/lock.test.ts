import { expect, test } from "vitest";
import { checkLock } from "../../scripts/check/lock.ts";
import { completed, platformEntry } from "../../scripts/lock/complete.ts";

const parent = { version: "1.2.3", dev: true, optionalDependencies: { "@x/tool-darwin-arm64": "1.2.3", "@x/tool-linux-x64": "1.2.3" } };
const lock = {
  packages: { "": {}, "node_modules/tool": parent, "node_modules/@x/tool-linux-x64": { version: "1.2.3", optional: true } },
};

test("a platform build that the lock file lacks is told, and added with its parent's version", () => {
  expect(checkLock(lock)).toEqual([expect.stringContaining("node_modules/tool has no entry for @x/tool-darwin-arm64")]);
  const whole = completed(lock);
  expect(checkLock(whole)).toEqual([]);
  expect(whole.packages["node_modules/@x/tool-darwin-arm64"]).toEqual({
    version: "1.2.3",
    cpu: ["arm64"],
    dev: true,
    optional: true,
    os: ["darwin"],
  });
});

test("a platform build that is left from an older version is as good as missing, and is replaced", () => {
  const old = { packages: { ...lock.packages, "node_modules/@x/tool-darwin-arm64": { version: "1.2.2", optional: true } } };
  expect(checkLock(old)).toHaveLength(1);
  expect(completed(old)).toEqual(completed(lock));
});

test("a build that npm has put at the top for another parent stays there", () => {
  const other = { packages: { ...lock.packages, "node_modules/@x/tool-darwin-arm64": { version: "1.2.2", integrity: "sha512-x" } } };
  const whole = completed(other);
  expect(whole.packages["node_modules/@x/tool-darwin-arm64"]?.version).toBe("1.2.2");
  expect(whole.packages["node_modules/tool/node_modules/@x/tool-darwin-arm64"]?.version).toBe("1.2.3");
  expect(checkLock(whole)).toEqual([]);
});

test("a build that is nested in a package above its parent counts as there", () => {
  const nested = {
    packages: {
      "node_modules/a/node_modules/tool": { optionalDependencies: { "tool-linux-x64": "1.0.0" } },
      "node_modules/a/node_modules/tool-linux-x64": { version: "1.0.0" },
    },
  };
  expect(checkLock(nested)).toEqual([]);
});

test("a download address in the lock file is told", () => {
  expect(checkLock({ packages: { "node_modules/a": { resolved: "https://example.org/a.tgz" } } })).toEqual([
    expect.stringContaining("node_modules/a records where it was downloaded"),
  ]);
});

test.each([
  ["@cloudflare/workerd-darwin-64", { os: ["darwin"], cpu: ["x64"] }],
  ["@cloudflare/workerd-windows-64", { os: ["win32"], cpu: ["x64"] }],
  ["@biomejs/cli-linux-arm64-musl", { os: ["linux"], cpu: ["arm64"], libc: ["musl"] }],
  ["@rolldown/binding-linux-x64-gnu", { os: ["linux"], cpu: ["x64"], libc: ["glibc"] }],
])("the name %s says what it is for", (name, platform) => {
  expect(platformEntry(name, "1.0.0", {})).toEqual({ version: "1.0.0", optional: true, ...platform });
});

test("a name that says no platform is not guessed", () => {
  expect(() => platformEntry("@x/tool-universal", "1.0.0", {})).toThrow("add it by hand");
});
