import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type Audience,
  CoreSchema,
  DropReason,
  ErrorReason,
  EventSchema,
  Outcome,
  protocolLimits,
} from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../collector/src/admission/admit-batch.ts';
import { BlacklistMatcher } from '../../collector/src/blacklist/blacklist-matcher.ts';
import {
  batch,
  event,
  field,
  gzipRequest,
  NOW_US,
  PRODUCER_ID,
  plainRequest,
  refusalOf,
  sealedRequest,
  serialize,
  varintField,
} from '../collector/support/batches.ts';
import { runCollector, spooledBatches } from '../collector/support/collector.ts';
import { tempFolder } from '../collector/support/temp-folder.ts';
import { banName, banPrefix, keepList, listOf } from './support/lists.ts';

const now = () => BigInt(Date.now()) * 1000n;
const named = (seq: number, name: string) => event(seq, { name, timeUnixUs: now() });

/** All bytes of the spool as they lie there, and unpacked. */
async function spoolBytes(dataDir: string): Promise<Buffer> {
  const folder = join(dataDir, 'spool', 'segments');
  const parts: Buffer[] = [];
  for (const name of await readdir(folder)) {
    const segment = await readFile(join(folder, name));
    parts.push(segment, ...(segment.length === 0 ? [] : [gunzipSync(segment)]));
  }
  return Buffer.concat(parts);
}

/** A collector without a warehouse that knows a list from before. */
async function collectorWith(entries: Parameters<typeof listOf>[0], version = 7) {
  const dataDir = await tempFolder();
  await keepList(dataDir, listOf(entries, version));
  return runCollector({ dataDir });
}

describe('A collector with a list', () => {
  it.each([
    ['plain', plainRequest],
    ['sealed', (bytes: Uint8Array) => sealedRequest(bytes)],
    ['compressed', gzipRequest],
  ])('keeps banned events off the disk, sent %s, and takes the others', async (_, requestOf) => {
    const { client, dataDir } = await collectorWith([banName('secret.used'), banPrefix('legacy.')]);
    const events = [
      named(1, 'page.viewed'),
      named(2, 'secret.used'),
      named(3, 'secret.used'),
      named(4, 'legacy.opened'),
      named(5, 'page.closed'),
    ];
    const sent = batch({ events });
    const ack = await client.publish(requestOf(serialize(sent)));
    expect(ack).toMatchObject({
      outcome: Outcome.ACCEPTED,
      acceptedEvents: 2,
      droppedEventCount: 3,
      blacklistVersion: 7n,
    });
    expect(ack.droppedEvents).toMatchObject([
      { index: 1, reason: DropReason.BLACKLISTED, field: 'events[1].name' },
      { index: 2, reason: DropReason.BLACKLISTED, field: 'events[2].name' },
      {
        index: 3,
        reason: DropReason.BLACKLISTED,
        message: expect.stringContaining('banned by the entry prefix-legacy.'),
      },
    ]);
    const bytes = await spoolBytes(dataDir);
    expect(bytes.includes('page.viewed')).toBe(true);
    expect(bytes.includes('page.closed')).toBe(true);
    expect(bytes.includes('secret')).toBe(false);
    expect(bytes.includes('legacy')).toBe(false);
    expect(await spooledBatches(dataDir)).toMatchObject([
      {
        events: [{ seq: 1n }, { seq: 5n }],
        dropped: [{ firstSeq: 2n, lastSeq: 4n, reason: DropReason.BLACKLISTED, blacklistVersion: 7n }],
      },
    ]);
    expect(await client.publish(requestOf(serialize(sent)))).toMatchObject({ outcome: Outcome.DUPLICATE });
  });

  it('accepts a batch whose events are all banned, and puts them on record', async () => {
    const { client, dataDir, collector } = await collectorWith([banPrefix('page.')]);
    const sent = batch({ events: [named(1, 'page.viewed'), named(2, 'page.closed')] });
    const ack = await client.publish(gzipRequest(serialize(sent)));
    expect(ack).toMatchObject({
      outcome: Outcome.ACCEPTED,
      acceptedEvents: 0,
      droppedEventCount: 2,
      blacklistVersion: 7n,
    });
    const [stored] = await spooledBatches(dataDir);
    expect(stored?.events).toEqual([]);
    expect(stored?.dropped).toMatchObject([{ firstSeq: 1n, lastSeq: 2n, reason: DropReason.BLACKLISTED }]);
    expect(collector.counts).toMatchObject({ accepted: 1, acceptedEvents: 0 });
  });

  it('bans by product, version and audience of each batch', async () => {
    const { client } = await collectorWith([
      banName('page.viewed', { product: 'editor', versionBelow: '2.0.0', audience: 1 }),
    ]);
    const core = (name: string, version: string, audience: Audience) => ({ product: { name, version }, audience });
    let seq = 0;
    const dropped = async (over: ReturnType<typeof core>) => {
      const request = gzipRequest(serialize(batch({ core: over, events: [named(++seq, 'page.viewed')] })));
      return (await client.publish(request)).droppedEventCount;
    };
    for (let round = 0; round < 2; round++) {
      expect(await dropped(core('editor', '1.9.0', 1))).toBe(1);
      expect(await dropped(core('editor', '2.0.0', 1))).toBe(0);
      expect(await dropped(core('viewer', '1.9.0', 1))).toBe(0);
      expect(await dropped(core('editor', '1.9.0', 2))).toBe(0);
      expect(await dropped(core('editor', '1.9.0', 0))).toBe(0);
    }
  });

  it('names its version in every acknowledgement, of a stream too', async () => {
    const { client } = await collectorWith([banName('secret.used')], 12);
    const stream = client.stream();
    await stream.send(gzipRequest(serialize(batch({ events: [named(1, 'page.viewed')] }))));
    await stream.send(gzipRequest(serialize(batch({ events: [named(2, 'secret.used')] }))));
    await stream.send(gzipRequest(Buffer.from('no batch')));
    const acks = await stream.nextAcks(3);
    expect(acks.map((ack) => ack.blacklistVersion)).toEqual([12n, 12n, 12n]);
    expect(acks.map((ack) => ack.outcome)).toEqual([Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.REJECTED]);
    stream.end();
  });
});

describe('A list on disk', () => {
  it.each([
    ['is torn', '{"apiVersion":1,"version":"3","entr'],
    ['is none', 'hello'],
    ['has a meaning that is not known', JSON.stringify({ apiVersion: 2, version: '3', entries: [] })],
  ])('that %s stops no start, and counts for nothing', async (_, text) => {
    const dataDir = await tempFolder();
    await writeFile(join(dataDir, 'blacklist.json'), text);
    const { client } = await runCollector({ dataDir });
    const ack = await client.publish(gzipRequest(serialize(batch({ events: [named(1, 'page.viewed')] }))));
    expect(ack).toMatchObject({ acceptedEvents: 1, blacklistVersion: 0n });
  });

  it('with conditions of a later version bans by those that are known', async () => {
    const dataDir = await tempFolder();
    const entry = { id: 'x', eventName: 'secret.used', reason: 'x', conditionOfALaterVersion: [1] };
    await writeFile(join(dataDir, 'blacklist.json'), JSON.stringify({ apiVersion: 1, version: '3', entries: [entry] }));
    const { client } = await runCollector({ dataDir });
    const ack = await client.publish(gzipRequest(serialize(batch({ events: [named(1, 'secret.used')] }))));
    expect(ack).toMatchObject({ acceptedEvents: 0, blacklistVersion: 3n });
  });
});

describe('Admission', () => {
  const matcher = new BlacklistMatcher(listOf([banName('secret.used', { product: 'editor', versionMin: '4.0.0' })], 3));
  const admission = new Admission(protocolLimits, () => matcher);
  const core = field(
    2,
    toBinary(CoreSchema, create(CoreSchema, { product: { name: 'editor', version: '4.1.0' }, audience: 1 })),
  );
  const otherCore = field(
    2,
    toBinary(CoreSchema, create(CoreSchema, { product: { name: 'editor', version: '3.9.0' } })),
  );
  const producer = field(1, PRODUCER_ID);
  const eventField = (seq: number, name: string) =>
    field(3, toBinary(EventSchema, create(EventSchema, { seq: BigInt(seq), timeUnixUs: BigInt(NOW_US), name })));
  const taken = eventField(1, 'page.viewed');
  const banned = eventField(2, 'secret.used');
  const also = eventField(3, 'secret.used');
  const unknown = varintField(77, 5);

  it.each<[string, Uint8Array[]]>([
    ['in order', [producer, core, taken, banned, also]],
    ['core last', [producer, taken, banned, also, core]],
    ['core in the middle', [taken, banned, core, also, producer]],
    ['core after unknown fields', [unknown, taken, unknown, banned, also, unknown, producer, core, unknown]],
    ['core first', [core, taken, banned, also, producer]],
  ])('finds banned events with the fields %s', (_, fields) => {
    const admitted = admission.admit(plainRequest(Buffer.concat(fields)), NOW_US);
    expect(admitted.droppedEvents.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(Buffer.from(admitted.bytes).includes('secret')).toBe(false);
    expect(Buffer.from(admitted.bytes).includes('page.viewed')).toBe(true);
    const others = fields.map((one) => (one === core ? otherCore : one));
    expect(admission.admit(plainRequest(Buffer.concat(others)), NOW_US).droppedEvents).toEqual([]);
  });

  it('finds the name wherever it stands in the event', () => {
    const name = field(3, Buffer.from('secret.used'));
    const seq = varintField(1, 1);
    const time = varintField(2, NOW_US);
    const payload = field(10, field(1, Buffer.from('page.viewed')));
    for (const parts of [
      [name, seq, time, payload],
      [payload, time, name, seq],
      [seq, payload, time, name],
    ]) {
      const admitted = admission.admit(
        plainRequest(Buffer.concat([producer, core, field(3, Buffer.concat(parts))])),
        NOW_US,
      );
      expect(admitted.droppedEvents).toMatchObject([{ seq: 1, reason: DropReason.BLACKLISTED }]);
    }
  });

  it('refuses what has no core, two, or a broken one, as it does without a list', () => {
    const broken = field(2, field(4, Buffer.from([0x0a, 0x7f])));
    const reasonOf = (...fields: Uint8Array[]) =>
      refusalOf(() => admission.admit(plainRequest(Buffer.concat(fields)), NOW_US)).reason;
    expect(reasonOf(producer, taken, banned)).toBe(ErrorReason.MISSING_FIELD);
    expect(reasonOf(producer, taken, banned, broken)).toBe(ErrorReason.MALFORMED);
    expect(reasonOf(producer, core, banned, core)).toBe(ErrorReason.MALFORMED);
    expect(reasonOf(producer, taken, banned, Buffer.from([0x12, 0x7f]))).toBe(ErrorReason.MALFORMED);
  });

  it('looks for a core that is missing once, not once an event', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => eventField(index + 1, 'page.viewed'));
    const request = plainRequest(Buffer.concat([producer, ...many]));
    const startMs = performance.now();
    for (let round = 0; round < 5; round++)
      expect(refusalOf(() => admission.admit(request, NOW_US)).reason).toBe(ErrorReason.MISSING_FIELD);
    expect(performance.now() - startMs).toBeLessThan(3_000);
  });

  it('says banned rather than wrong, and takes a batch in which some events are wrong and some banned', () => {
    const wrong = field(
      3,
      toBinary(EventSchema, create(EventSchema, { seq: 1n, timeUnixUs: 1n, name: 'page.viewed' })),
    );
    const both = field(3, toBinary(EventSchema, create(EventSchema, { seq: 2n, timeUnixUs: 1n, name: 'secret.used' })));
    const admitted = admission.admit(plainRequest(Buffer.concat([producer, core, wrong, both])), NOW_US);
    expect(admitted.droppedEvents).toMatchObject([
      { reason: DropReason.TIME_OUT_OF_RANGE },
      { reason: DropReason.BLACKLISTED },
    ]);
    expect(refusalOf(() => admission.admit(plainRequest(Buffer.concat([producer, core, wrong])), NOW_US)).reason).toBe(
      ErrorReason.TIME_OUT_OF_RANGE,
    );
  });
});
