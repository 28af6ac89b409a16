import type { BanList } from '../ban-list.ts';
import { cutBanned } from '../blacklist/cut-banned.ts';
import type { Gzip } from '../gzip.ts';
import { sealWithinLimits, unseal } from '../seal-within-limits.ts';
import { assembleBatch } from '../wire/encode-batch.ts';
import { toRecord } from './declaration.ts';
import type { Edit, StoreDrop } from './edit-records.ts';
import type { StoredRecord } from './stored-record.ts';

/** Takes banned events out of batches that were never sent, which declare them then; undefined: there are none. */
export function cutStored(records: readonly StoredRecord[], list: BanList, gzip: Gzip): Edit | undefined {
  const cut: StoredRecord[] = [];
  const dropped: StoreDrop[] = [];
  for (const record of records) {
    const edit = record.eventCount === 0 ? undefined : cutRecord(record, list, gzip);
    cut.push(...(edit?.records ?? [record]));
    dropped.push(...(edit?.dropped ?? []));
  }
  return dropped.length === 0 ? undefined : { records: cut, dropped };
}

function cutRecord(record: StoredRecord, list: BanList, gzip: Gzip): Edit | undefined {
  const { producerId, coreBytes, eventsBytes, dropped } = unseal(record);
  const cut = cutBanned(list, coreBytes, eventsBytes);
  if (cut === undefined) {
    return undefined;
  }
  const { producer } = record;
  const all = [...dropped, ...cut.dropped];
  const facts = { firstSeq: cut.firstSeq, lastSeq: cut.lastSeq, eventCount: cut.count, dropped: all };
  const { batches } = sealWithinLimits(assembleBatch(producerId, coreBytes, cut.bytes, all), facts, gzip);
  const problem = `banned by version ${list.version} of the blacklist`;
  return {
    records: batches.map((batch) => toRecord(batch, producer)),
    dropped: cut.dropped.map((run) => ({ ...run, producer, problem })),
  };
}
