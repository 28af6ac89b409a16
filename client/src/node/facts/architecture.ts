/** Names that kernels give to architectures, in Node's words. */
const names: Readonly<Record<string, string>> = {
  x86_64: 'x64',
  amd64: 'x64',
  aarch64: 'arm64',
  arm64: 'arm64',
  i386: 'ia32',
  i686: 'ia32',
  x86: 'ia32',
  armv6l: 'arm',
  armv7l: 'arm',
};

/**
 * The architecture of the machine, also where the process is of another one and is translated.
 *
 * @param machine of `os.machine()`, such as "x86_64" or "AMD64".
 * @param processArchitecture of `os.arch()`: what is said of a machine that is not known here.
 */
export function architecture(machine: string, processArchitecture: string): string {
  return names[machine.toLowerCase()] ?? processArchitecture;
}
