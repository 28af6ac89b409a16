import { createHash } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { Durability, Encoding, GetLimitsResponseSchema, Outcome, protocolLimits } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { batch, event, field, gzipRequest, plainRequest, sealedRequest, serialize } from '../support/batches.ts';
import { runCollector, spooledBatches } from '../support/collector.ts';
import { status } from '../support/raw-client.ts';

const now = () => BigInt(Date.now()) * 1000n;
const fresh = (over: Parameters<typeof batch>[0] = {}) =>
  batch({ events: [event(1, { timeUnixUs: now() }), event(2, { timeUnixUs: now() })], ...over });

describe('Publish', () => {
  it.each([
    ['plain', plainRequest],
    ['sealed', (bytes: Uint8Array) => sealedRequest(bytes)],
    ['compressed', gzipRequest],
  ])('acknowledges a batch that is on disk, sent %s, and once more as a duplicate', async (_, requestOf) => {
    const { client, dataDir, collector } = await runCollector();
    const sent = fresh();
    const beforeUs = now();
    const first = await client.publish(requestOf(serialize(sent)));
    const stored = await spooledBatches(dataDir);
    expect(first).toMatchObject({
      requestIndex: 0n,
      outcome: Outcome.ACCEPTED,
      durability: Durability.SPOOLED,
      acceptedEvents: 2,
      droppedEventCount: 0,
      blacklistVersion: 0n,
    });
    expect(first.rejection).toBeUndefined();
    expect(stored).toMatchObject([
      { events: sent.events, core: sent.core, collectorId: expect.stringMatching(/^[0-9a-f]{16}$/) },
    ]);
    expect(stored[0]?.receivedTimeUnixUs).toBeGreaterThanOrEqual(beforeUs - 1000n);
    expect(stored[0]?.receivedTimeUnixUs).toBeLessThanOrEqual(now() + 1000n);
    const second = await client.publish(requestOf(serialize(sent)));
    expect(second).toMatchObject({
      outcome: Outcome.DUPLICATE,
      durability: Durability.SPOOLED,
      acceptedEvents: 0,
      droppedEventCount: 0,
    });
    expect(await spooledBatches(dataDir)).toHaveLength(1);
    expect(collector.counts).toEqual({ accepted: 1, acceptedEvents: 2, duplicates: 1, rejected: 0, deferred: 0 });
  });

  it('takes the same batch sent many times at once only once', async () => {
    const { client, dataDir } = await runCollector();
    const request = gzipRequest(serialize(fresh()));
    const acks = await Promise.all(Array.from({ length: 50 }, () => client.publish(request)));
    const outcomes = acks.map((ack) => ack.outcome);
    expect(outcomes.filter((outcome) => outcome === Outcome.ACCEPTED)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === Outcome.DUPLICATE)).toHaveLength(49);
    expect(await spooledBatches(dataDir)).toHaveLength(1);
  });

  it('says which events it dropped, and takes the others', async () => {
    const { client, dataDir } = await runCollector();
    const events = [event(1, { timeUnixUs: now() }), event(2), event(3, { timeUnixUs: now(), name: '' })];
    // Event 2 lies a century off.
    const sent = batch({ events: [events[0] ?? {}, { ...events[1], timeUnixUs: 1n }, events[2] ?? {}] });
    const ack = await client.publish(plainRequest(serialize(sent)));
    expect(ack).toMatchObject({ outcome: Outcome.ACCEPTED, acceptedEvents: 1, droppedEventCount: 2 });
    expect(ack.droppedEvents).toMatchObject([
      {
        index: 1,
        field: 'events[1].time_unix_us',
        message: expect.stringContaining('events[1].time_unix_us: Not within'),
      },
      { index: 2, field: 'events[2].name', message: expect.stringContaining('Required') },
    ]);
    expect(await spooledBatches(dataDir)).toMatchObject([
      { events: [{ seq: 1n }], dropped: [{ firstSeq: 2n }, { firstSeq: 3n }] },
    ]);
    const again = await client.publish(plainRequest(serialize(sent)));
    expect(again).toMatchObject({
      outcome: Outcome.DUPLICATE,
      acceptedEvents: 0,
      droppedEventCount: 0,
      droppedEvents: [],
    });
  });

  it('digests what was sent, also where it keeps less of it', async () => {
    const { client, dataDir } = await runCollector();
    const events = [event(1, { timeUnixUs: now() }), event(2, { timeUnixUs: 1n })];
    const sent = serialize(batch({ events }));
    await client.publish(plainRequest(sent));
    const digest = createHash('sha1').update(sent).digest().readBigUInt64LE(0);
    expect(await spooledBatches(dataDir)).toMatchObject([{ events: [{ seq: 1n }], contentDigest: digest }]);
  });

  it('takes numbers with a hole after each, and refuses them where they are too far apart to note', async () => {
    const { client } = await runCollector();
    const spread = (step: number) => {
      const events = Array.from({ length: 10_000 }, (_, index) => event(1 + index * step, { timeUnixUs: now() }));
      return gzipRequest(serialize(batch({ producerId: Buffer.alloc(16, step % 256), events })));
    };
    expect((await client.publish(spread(2))).acceptedEvents).toBe(10_000);
    const refusal = await client.publishRefused(spread(2 ** 39));
    expect(refusal).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'ERROR_REASON_BAD_SEQUENCE' });
    expect(refusal.message).toContain('10000 runs');
  });

  it('names a hundred dropped events and counts the others', async () => {
    const { client } = await runCollector();
    const bad = Array.from({ length: 500 }, (_, index) => event(index + 2, { name: '' }));
    const ack = await client.publish(
      plainRequest(serialize(batch({ events: [event(1, { timeUnixUs: now() }), ...bad] }))),
    );
    expect(ack.droppedEventCount).toBe(500);
    expect(ack.droppedEvents).toHaveLength(protocolLimits.ackDroppedEventsMax);
    expect(ack.acceptedEvents).toBe(1);
  });

  const bomb = () => sealedRequest(Buffer.alloc(protocolLimits.sealedBytesMax + 1), Encoding.GZIP);
  it.each([
    ['ERROR_REASON_MALFORMED', '', () => plainRequest(Uint8Array.of(0x0b))],
    ['ERROR_REASON_MALFORMED', '', () => Uint8Array.of(0x0a, 0xff)],
    [
      'ERROR_REASON_BAD_ENCODING',
      'sealed.bytes',
      () => sealedRequest(Buffer.from('not gzip at all, is it'), Encoding.GZIP),
    ],
    ['ERROR_REASON_BAD_ENCODING', 'sealed.encoding', () => sealedRequest(serialize(fresh()), 77)],
    ['ERROR_REASON_SEALED_TOO_LARGE', 'sealed.bytes', bomb],
    ['ERROR_REASON_BATCH_TOO_LARGE', 'batch', () => plainRequest(Buffer.alloc(protocolLimits.batchBytesMax + 1))],
    [
      'ERROR_REASON_BAD_PRODUCER_ID',
      'producer_id',
      () => plainRequest(serialize(fresh({ producerId: new Uint8Array(3) }))),
    ],
    ['ERROR_REASON_EMPTY', 'content', () => new Uint8Array()],
    ['ERROR_REASON_MISSING_FIELD', 'core.product', () => plainRequest(serialize(fresh({ core: {} as never })))],
    [
      'ERROR_REASON_FIELD_TOO_LONG',
      'events[0].name',
      () => plainRequest(serialize(batch({ events: [event(1, { timeUnixUs: now(), name: 'n'.repeat(1000) })] }))),
    ],
    [
      'ERROR_REASON_TIME_OUT_OF_RANGE',
      'events[0].time_unix_us',
      () => plainRequest(serialize(batch({ events: [event(1, { timeUnixUs: 1n })] }))),
    ],
    [
      'ERROR_REASON_BAD_SEQUENCE',
      'events[0].seq',
      () => plainRequest(serialize(batch({ events: [event(0, { timeUnixUs: now() })] }))),
    ],
    ['ERROR_REASON_RESERVED_FIELD', '', () => plainRequest(serialize(fresh({ collectorId: 'forged' })))],
  ])('refuses for good with %s on “%s”, and harms nothing', async (reason, path, requestOf) => {
    const { client, dataDir, collector } = await runCollector();
    const refusal = await client.publishRefused(requestOf());
    expect(refusal).toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason,
      domain: 'telemetry.v1',
      retryDelayMs: undefined,
    });
    expect(refusal.violations).toMatchObject([{ reason, field: expect.stringContaining(path) }]);
    expect(refusal.message.length).toBeGreaterThan(20);
    expect(collector.counts.rejected).toBe(1);
    expect(await spooledBatches(dataDir)).toEqual([]);
    expect((await client.publish(plainRequest(serialize(fresh())))).outcome).toBe(Outcome.ACCEPTED);
  });

  it('refuses numbers of which some were taken with another content', async () => {
    const { client } = await runCollector();
    await client.publish(plainRequest(serialize(fresh())));
    const overlapping = batch({ events: [event(2, { timeUnixUs: now() }), event(3, { timeUnixUs: now() })] });
    const refusal = await client.publishRefused(plainRequest(serialize(overlapping)));
    expect(refusal).toMatchObject({
      code: status.ALREADY_EXISTS,
      reason: 'ERROR_REASON_SEQUENCE_CONFLICT',
      retryDelayMs: undefined,
    });
  });

  it('defers when the spool is full, and says when to come back', async () => {
    const { client, collector } = await runCollector({ spoolSizeBytesMax: 2_000 });
    const outcomes: number[] = [];
    for (let index = 0; index < 20; index++) {
      const request = plainRequest(serialize(fresh({ producerId: Buffer.alloc(16, index + 1) })));
      try {
        outcomes.push((await client.publish(request)).outcome);
      } catch {
        const refusal = await client.publishRefused(request);
        expect(refusal).toMatchObject({
          code: status.RESOURCE_EXHAUSTED,
          reason: 'ERROR_REASON_OVERLOADED',
          violations: [],
        });
        expect(refusal.retryDelayMs).toBeGreaterThanOrEqual(250);
        expect(refusal.retryDelayMs).toBeLessThanOrEqual(30_000);
        break;
      }
    }
    expect(outcomes.length).toBeGreaterThan(2);
    expect(outcomes.length).toBeLessThan(20);
    expect(collector.counts.deferred).toBe(2);
  });

  it('takes the largest batch that may come unsealed', async () => {
    const { client, dataDir } = await runCollector();
    const sent = serialize(fresh());
    const overhead = field(50, Buffer.alloc(protocolLimits.batchBytesMax)).length - protocolLimits.batchBytesMax;
    const filled = Buffer.concat([
      sent,
      field(50, Buffer.alloc(protocolLimits.batchBytesMax - sent.length - overhead, 'x')),
    ]);
    expect(filled.length).toBe(protocolLimits.batchBytesMax);
    expect((await client.publish(plainRequest(filled))).outcome).toBe(Outcome.ACCEPTED);
    expect(await spooledBatches(dataDir)).toMatchObject([{ $unknown: [{ no: 50 }] }]);
  });

  it('tells its limits, each of them set', async () => {
    const { client } = await runCollector();
    const response = fromBinary(
      GetLimitsResponseSchema,
      await client.call('/telemetry.v1.CollectorService/GetLimits', Buffer.alloc(0)),
    );
    const { limits } = response;
    expect(Object.keys(limits ?? {}).length).toBeGreaterThan(16);
    for (const name of ['sealedBytesMax', 'seqMax', 'blacklistEntriesMax'] as const) {
      expect(Object.hasOwn(limits ?? {}, name)).toBe(true);
      expect(limits?.[name]).toBe(protocolLimits[name]);
    }
  });
});
