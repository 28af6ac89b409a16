import { Audience as AudienceNumber, DropReason } from '@telemetry/gen/constants';
import type { BanList } from '../ban-list.ts';
import type { Audience } from '../core.ts';
import { toRuns } from '../drop-ledger.ts';
import type { Gzip } from '../gzip.ts';
import { sealWithinLimits, unseal } from '../seal-within-limits.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { assembleBatch } from '../wire/encode-batch.ts';
import { toRecord } from './declaration.ts';
import type { Edit, StoreDrop } from './edit-records.ts';
import type { StoredRecord } from './file-format.ts';

/** Takes banned events out of batches that were never sent, which declare them then; undefined: there are none. */
export function cutBanned(records: readonly StoredRecord[], list: BanList, gzip: Gzip): Edit | undefined {
  const cut: StoredRecord[] = [];
  const dropped: StoreDrop[] = [];
  for (const record of records) {
    const edit = cutRecord(record, list, gzip);
    cut.push(...(edit?.records ?? [record]));
    dropped.push(...(edit?.dropped ?? []));
  }
  return dropped.length === 0 ? undefined : { records: cut, dropped };
}

function cutRecord(record: StoredRecord, list: BanList, gzip: Gzip): Edit | undefined {
  if (record.eventCount === 0) {
    return undefined;
  }
  const { producerId, coreBytes, eventsBytes, events, dropped } = unseal(record);
  const { product, productVersion, audience } = readCore(coreBytes);
  const isBanned = list.forCore(product, productVersion, audience);
  if (isBanned === undefined) {
    return undefined;
  }
  const kept: Uint8Array[] = [];
  const keptNumbers: number[] = [];
  const bannedNumbers: number[] = [];
  for (const [index, { offset, seq }] of events.entries()) {
    const bytes = eventsBytes.subarray(offset, events[index + 1]?.offset);
    if (isBanned(readName(bytes))) {
      bannedNumbers.push(seq);
    } else {
      kept.push(bytes);
      keptNumbers.push(seq);
    }
  }
  if (bannedNumbers.length === 0) {
    return undefined;
  }
  const declaration = { reason: DropReason.BLACKLISTED, blacklistVersion: list.version };
  const banned = toRuns(bannedNumbers).map((run) => ({ ...run, ...declaration }));
  const all = [...dropped, ...banned];
  const bytes = assembleBatch(producerId, coreBytes, concatenate(kept), all);
  const facts = {
    firstSeq: keptNumbers[0] ?? 0,
    lastSeq: keptNumbers.at(-1) ?? 0,
    eventCount: kept.length,
    dropped: all,
  };
  const { producer } = record;
  return {
    records: sealWithinLimits(bytes, facts, gzip).batches.map((batch) => toRecord(batch, producer)),
    dropped: banned.map((run) => ({ ...run, producer, problem: `banned by version ${list.version} of the blacklist` })),
  };
}

/** What of a core decides what is banned. */
function readCore(coreBytes: Uint8Array): { product: string; productVersion: string; audience: Audience | undefined } {
  const reader = new ByteReader(coreBytes);
  let product = '';
  let productVersion = '';
  let audience: Audience | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x22) {
      const message = reader.message();
      while (!message.done) {
        const inner = message.varint();
        if (inner === 0x0a) {
          product = message.text();
        } else if (inner === 0x12) {
          productVersion = message.text();
        } else {
          message.skip(inner);
        }
      }
    } else if (tag === 0x30) {
      const number = reader.varint();
      audience =
        number === AudienceNumber.INTERNAL ? 'internal' : number === AudienceNumber.EXTERNAL ? 'external' : undefined;
    } else {
      reader.skip(tag);
    }
  }
  return { product, productVersion, audience };
}

/** The name of an event that stands as an entry of a batch, tag included. */
function readName(entry: Uint8Array): string {
  const outer = new ByteReader(entry);
  outer.varint();
  const event = outer.message();
  while (!event.done) {
    const tag = event.varint();
    if (tag === 0x1a) {
      return event.text();
    }
    event.skip(tag);
  }
  return '';
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
