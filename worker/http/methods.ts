import { ROUTES } from "../auth/role-table.ts";

/** The rows of the role table, by what their paths look like. */
const PATHS = Object.keys(ROUTES).map((name) => {
  const [method = "", path = ""] = name.split(" ");
  return { method, pattern: new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`) };
});

/** @returns the methods that a path may be asked with, none for a path that is no route's */
export function methodsOf(path: string): string[] {
  const methods = PATHS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  return methods.includes("GET") ? [...methods, "HEAD"] : methods;
}
