import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClickHouseException } from '../engine/clickhouse-exception.ts';
import { INSERT_BODY_BYTES_MAX } from '../limits.ts';
import { type Bytes, dataTooLarge } from './request-body.ts';

/**
 * Header by which a process on the same machine names a file with the data of its INSERT, in place of sending it: one that it has written, whole, into the folder
 * `handoverPath` of the warehouse. The value is the file's name, a UUID. The file is the warehouse's from then on.
 */
export const handedOverHeader = 'x-telemetry-handed-over';

const NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Takes over a file as the data of an INSERT.
 *
 * @param path what it is called from then on, in the same file system
 * @param body of the request, which must have no data then
 * @returns its size in bytes
 * @throws ClickHouseException when there is no such file, it is too large, or there is data in the body as well
 */
export async function takeHandedOver(
  folder: string,
  name: string,
  path: string,
  body: Bytes,
  sizeBytesMax = INSERT_BODY_BYTES_MAX,
): Promise<number> {
  if (!NAME.test(name))
    throw badArguments(`${JSON.stringify(name)} is no name of a file that is handed over: give a UUID`);
  for await (const chunk of body) {
    if (chunk.length > 0) throw badArguments('The data is in the body and in a file that is handed over: give one');
  }
  try {
    await rename(join(folder, name), path);
  } catch (cause) {
    throw ClickHouseException.of('FILE_DOESNT_EXIST', `The file ${name} that is handed over cannot be had`, { cause });
  }
  const { size } = await stat(path);
  if (size <= sizeBytesMax) return size;
  await rm(path, { force: true });
  throw dataTooLarge(sizeBytesMax);
}

function badArguments(text: string): ClickHouseException {
  return ClickHouseException.of('BAD_ARGUMENTS', `${text} (header ${handedOverHeader})`);
}
