import { AGENT_SUBCOMMAND } from "../launch/supervisor.ts";
import { writeStderr } from "../log.ts";

/** The program `runcast`: importing this module runs it. */
try {
  const words = process.argv.slice(2);
  if (words[0] === AGENT_SUBCOMMAND) {
    const { runAgentProcess } = await import("../session/process.ts");
    await runAgentProcess();
    process.exit();
  }
  const { runProgram } = await import("./program.ts");
  process.exit(await runProgram(words));
} catch (error) {
  writeStderr(`runcast: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exit(1);
}
