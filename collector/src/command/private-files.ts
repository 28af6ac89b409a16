/** From now on what this process makes is its user's alone, whatever library makes it: what users did is nobody else's business. */
export function makeFilesPrivate(): void {
  process.umask(0o077);
}
