import { parseArgs } from "node:util";

export type StartOptions = { demo: boolean; port: number; host: string; state: string; verbose: boolean };
export type Parsed = { kind: "start"; options: StartOptions } | { kind: "help" } | { kind: "wrong"; message: string };

export const USAGE = `npm start [-- OPTIONS]

Starts a relay with its dashboard on this machine, and trains something small with the hook attached.

  --no-demo        the relay alone
  --port PORT      where to listen (8787; 0 lets the system choose)
  --host ADDRESS   on which address (127.0.0.1; 0.0.0.0 is every one)
  --state FOLDER   where secret and data are kept (.runcast)
  --verbose        show the relay's log on stderr too

RUNCAST_SECRET in the environment is used instead of the secret in the state folder; RUNCAST_SECRET_PREVIOUS still verifies.
RUNCAST_LOG_LEVEL is debug, info, warning or error.
`;

/** @param args what stands behind \`npm start --\` */
export function parseStartOptions(args: string[]): Parsed {
  try {
    const { values } = parseArgs({
      args,
      allowNegative: true,
      options: {
        demo: { type: "boolean", default: true },
        port: { type: "string", default: "8787" },
        host: { type: "string", default: "127.0.0.1" },
        state: { type: "string", default: ".runcast" },
        verbose: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { kind: "help" };
    const port = Number(values.port);
    if (!/^\d{1,5}$/.test(values.port) || port > 65_535)
      return { kind: "wrong", message: `--port ${values.port}: a number from 0 to 65535 is wanted` };
    return { kind: "start", options: { demo: values.demo, port, host: values.host, state: values.state, verbose: values.verbose } };
  } catch (error) {
    return { kind: "wrong", message: error instanceof Error ? error.message : String(error) };
  }
}
