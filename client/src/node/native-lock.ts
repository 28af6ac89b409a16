/** Takes a lock of the operating system on an open file, which ends with the process; false: another open file has it. */
export type NativeTryLock = (fd: number) => boolean;

/**
 * The lock of a library with a binary for each platform.
 *
 * @throws where there is none for this one.
 */
export async function loadNativeLock(): Promise<NativeTryLock> {
  const { tryLock } = await import('fs-native-extensions');
  return tryLock;
}
