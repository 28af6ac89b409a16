/** Writes a line to standard output. */
export function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a line for people to standard error. */
export function writeNotice(line: string): void {
  process.stderr.write(`${line}\n`);
}
