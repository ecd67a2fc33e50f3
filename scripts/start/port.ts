import { createServer } from "node:net";

/**
 * Asks the system whether we may listen.
 *
 * @returns undefined when we may, else what is wrong, in words for people
 */
export function whyNotListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(explain(error, host, port)));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case "EADDRINUSE":
      return `port ${port} on ${host} is in use by another program; choose one with --port, or --port 0 for any free one`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is no address of this machine`;
    case "EACCES":
      return `port ${port} needs more rights than this user has; choose one above 1023 with --port`;
    default:
      return `cannot listen on ${host}:${port}: ${error.message}`;
  }
}
