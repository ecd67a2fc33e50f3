/**
 * Results go to stdout, and whoever reads them may have had enough (`| head`): that is the end of a command, and no failure of it.
 * @returns whether somebody still reads
 */
export function writeOut(text: string): Promise<boolean> {
  const { stdout } = process;
  return new Promise((resolve, reject) => {
    const settled = (error?: Error | null): void => {
      if (!error) resolve(true);
      else if ("code" in error && error.code === "EPIPE") resolve(false);
      else reject(error);
    };
    // Told both here and to the callback: without a listener it would end the program with a stack trace.
    stdout.once("error", settled);
    stdout.write(text, (error) => {
      settled(error);
      if (!error) stdout.removeListener("error", settled);
    });
  });
}
