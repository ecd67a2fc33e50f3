import { afterAll } from "vitest";

const works: (() => unknown)[] = [];

/** Tidies up when the tests of this file are over, the newest first. Other than `onTestFinished` it may be called by tests that run side by side. */
export function atEnd(work: () => unknown): void {
  works.push(work);
}

afterAll(async () => {
  for (const work of works.splice(0).reverse()) await work();
});
