/** For people: how things go. Standard output is kept for the line that says where the relay is, and for the link. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
