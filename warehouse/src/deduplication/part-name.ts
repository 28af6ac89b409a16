/** What the name of a part says: which inserted blocks of which partition it holds. */
export interface PartName {
  readonly partition: string;
  readonly firstBlock: number;
  readonly lastBlock: number;
}

/** `<partition>_<first block>_<last block>_<level>[_<mutation>]`; the partition may hold underscores of its own. */
const pattern = /^(.+?)_(\d+)_(\d+)_(\d+)(?:_(\d+))?$/;

/** Reads the name of a part, or of its directory. Undefined for anything else, a part that was not finished among them. */
export function parsePartName(name: string): PartName | undefined {
  const match = name.startsWith('tmp') || name.startsWith('delete_tmp') ? null : pattern.exec(name);
  if (match === null) return undefined;
  return { partition: match[1] ?? '', firstBlock: Number(match[2]), lastBlock: Number(match[3]) };
}
