declare module 'fs-native-extensions' {
  /** Takes an exclusive lock on an open file; false when another open file has it. Gone with its holder. */
  export function tryLock(fd: number): boolean;
}
