import { DropReason } from '@telemetry/gen/constants';
import type { ChannelFolder } from './channel-folder.ts';
import { isDeclarationFile, type StoreFile } from './file-name.ts';

/**
 * Drops the oldest files that were never sent, so that no more than so many are left. Of one that was sent nobody knows whether a collector has it.
 * Returns the files as they are now; those that were dropped wait to be declared, by one file in their place.
 */
export async function dropOldest(
  folder: ChannelFolder,
  files: readonly StoreFile[],
  filesMax: number,
): Promise<StoreFile[]> {
  const waiting = files.filter(({ state }) => state.kind === 'drop').length;
  const kept = files.length - waiting;
  // The file that declares them takes a place, unless one that is there takes them in.
  const place = files.some((file) => isDeclarationFile(file) && file.state.kind === 'batch') ? 0 : 1;
  const excess = waiting > 0 ? kept + place - filesMax : kept > filesMax ? kept + place - filesMax : 0;
  if (excess <= 0) {
    return [...files];
  }
  const oldest = new Set(
    files.filter((file) => file.state.kind === 'batch' && !isDeclarationFile(file)).slice(0, excess),
  );
  const result: StoreFile[] = [];
  for (const file of files) {
    if (!oldest.has(file)) {
      result.push(file);
    } else {
      const dropped = await folder.move(file, { kind: 'drop', reason: DropReason.STORE_FULL });
      result.push(...(dropped === undefined ? [] : [dropped]));
    }
  }
  await folder.sync();
  return result;
}
