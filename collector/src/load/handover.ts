import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { handedOverHeader } from '@telemetry/warehouse';

/**
 * A folder in which data is handed over to a warehouse of ours on the same machine: the collector writes a file, and names it in place of the body of the
 * request. The warehouse would write one from the body, so the bytes are moved once and not four times, and nothing of them becomes memory of V8's.
 * What becomes of the statement is the same. A folder is for one collector.
 */
export class Handover {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Removes what an earlier life has left. The folder is the warehouse's, which makes it anew at each start. */
  static async open(folder: string): Promise<Handover> {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
    return new Handover(folder);
  }

  /**
   * Writes data and sends the statement that inserts it. The file is gone afterwards, whatever comes of it.
   *
   * @param pieces of the data, some at a time, which are valid until the next ones are asked for
   */
  async insert(
    client: ClickHouseClient,
    query: string,
    pieces: AsyncIterable<readonly Uint8Array[]>,
    signal: AbortSignal,
  ): Promise<void> {
    const name = randomUUID();
    const path = join(this.#folder, name);
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        for await (const some of pieces) {
          signal.throwIfAborted();
          await writeWhole(file, some);
        }
      } finally {
        await file.close();
      }
      await client.command({ query, http_headers: { [handedOverHeader]: name }, abort_signal: signal });
    } finally {
      await rm(path, { force: true });
    }
  }
}

async function writeWhole(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const { bytesWritten } = await file.writev(pieces);
  // As a disk that is nearly full takes a part.
  if (bytesWritten !== sizeBytes) throw new Error(`Only ${bytesWritten} of ${sizeBytes} bytes could be handed over.`);
}
