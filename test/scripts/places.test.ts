import { expect, test } from "vitest";
import { placesIn } from "../../scripts/check/places.ts";

test.each([`cd ${"/work"}/main`, `"${"/root"}/.config"`, `https://${"registry"}.example.org/a`])("%s is a place of one machine", (text) => {
  expect(placesIn("a.md", `fine\n${text}`)).toEqual([expect.stringMatching(/^a\.md:2: names /)]);
});

test.each(["https://example.org/work/a", "src/root/a.ts", "the registry of workers", "/workers/a"])("%s is none", (text) => {
  expect(placesIn("a.md", text)).toEqual([]);
});
