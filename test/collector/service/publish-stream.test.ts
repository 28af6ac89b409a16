import { randomBytes } from 'node:crypto';
import { Durability, ErrorReason, Outcome, protocolLimits } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { GRPC_MESSAGE_SIZE_BYTES_MAX } from '../../../collector/src/limits.ts';
import { batch, event, field, gzipRequest, plainRequest, sealedRequest, serialize } from '../support/batches.ts';
import { producersOf, runCollector, spooledBatches } from '../support/collector.ts';
import { status } from '../support/raw-client.ts';

const now = () => BigInt(Date.now()) * 1000n;

/** A small batch of a new producer. */
function small(seed = 0): Uint8Array {
  const sent = batch({ producerId: randomBytes(16), events: [event(1 + seed, { timeUnixUs: now() })] });
  return serialize(sent);
}

const bad = plainRequest(Uint8Array.of(0x0b));

describe('PublishStream', () => {
  it('answers every request once, by its index over all messages', async () => {
    const { client, dataDir } = await runCollector();
    const stream = client.stream();
    const [first, second] = [small(), small()];
    await stream.send(plainRequest(first), bad, gzipRequest(second));
    await stream.send();
    await stream.send(sealedRequest(first), bad);
    await stream.send(plainRequest(small()));
    stream.end();
    const acks = await stream.nextAcks(6);
    expect(acks.map((ack) => Number(ack.requestIndex))).toEqual([0, 1, 2, 3, 4, 5]);
    const { ACCEPTED, REJECTED, DUPLICATE } = Outcome;
    expect(acks.map((ack) => ack.outcome)).toEqual([ACCEPTED, REJECTED, ACCEPTED, DUPLICATE, REJECTED, ACCEPTED]);
    expect(acks[0]).toMatchObject({ durability: Durability.SPOOLED, acceptedEvents: 1, blacklistVersion: 0n });
    expect(acks[1]).toMatchObject({
      durability: Durability.UNSPECIFIED,
      acceptedEvents: 0,
      rejection: { reason: ErrorReason.MALFORMED, field: '', message: expect.stringContaining('byte') },
    });
    expect(acks[1]?.retryDelay).toBeUndefined();
    expect(await stream.ended).toBeUndefined();
    expect(stream.acks).toHaveLength(6);
    expect(await spooledBatches(dataDir)).toHaveLength(3);
  });

  it('says which events it dropped', async () => {
    const { client } = await runCollector();
    const stream = client.stream();
    const events = [event(1, { timeUnixUs: now() }), event(2, { timeUnixUs: now(), name: '' })];
    await stream.send(plainRequest(serialize(batch({ events }))));
    const [ack] = await stream.nextAcks(1);
    expect(ack).toMatchObject({ outcome: Outcome.ACCEPTED, acceptedEvents: 1, droppedEventCount: 1 });
    expect(ack?.droppedEvents).toMatchObject([{ index: 1, field: 'events[1].name' }]);
    stream.end();
    expect(await stream.ended).toBeUndefined();
  });

  it('acknowledges 10,000 small batches, more than its window, all of them on disk', async () => {
    const { client, dataDir, collector } = await runCollector();
    const stream = client.stream();
    const count = 10_000;
    expect(count).toBeGreaterThan(2 * protocolLimits.streamWindowBatchesMax);
    for (let sent = 0; sent < count; sent += 100) {
      await stream.send(...Array.from({ length: 100 }, () => plainRequest(small())));
    }
    stream.end();
    const acks = await stream.nextAcks(count);
    acks.forEach((ack, index) => {
      if (Number(ack.requestIndex) !== index || ack.outcome !== Outcome.ACCEPTED)
        throw new Error(`ack ${index} is wrong`);
    });
    expect(await stream.ended).toBeUndefined();
    expect(collector.counts).toMatchObject({ accepted: count, acceptedEvents: count });
    expect(new Set(producersOf(await spooledBatches(dataDir))).size).toBe(count);
  });

  it('takes a message of exactly stream_message_bytes_max, and ends above what gRPC may bring', async () => {
    const { client } = await runCollector();
    const messageOf = (sizeBytes: number) => {
      const request = field(1, plainRequest(small()));
      const overhead = field(50, new Uint8Array(sizeBytes)).length - sizeBytes;
      return Buffer.concat([request, field(50, new Uint8Array(sizeBytes - request.length - overhead))]);
    };
    const stream = client.stream();
    const sizes = [
      protocolLimits.streamMessageBytesMax - 1,
      protocolLimits.streamMessageBytesMax,
      GRPC_MESSAGE_SIZE_BYTES_MAX,
    ];
    for (const sizeBytes of sizes) {
      const message = messageOf(sizeBytes);
      expect(message.length).toBe(sizeBytes);
      await stream.sendBytes(message);
    }
    for (const ack of await stream.nextAcks(sizes.length)) expect(ack.outcome).toBe(Outcome.ACCEPTED);
    void stream.sendBytes(messageOf(GRPC_MESSAGE_SIZE_BYTES_MAX + 1));
    expect(await stream.ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  it('takes several streams at once', async () => {
    const { client, collector } = await runCollector();
    const streams = Array.from({ length: 8 }, () => client.stream());
    await Promise.all(
      streams.map(async (stream) => {
        for (let message = 0; message < 20; message++)
          await stream.send(plainRequest(small()), gzipRequest(small(message)));
        stream.end();
        await stream.nextAcks(40);
        expect(await stream.ended).toBeUndefined();
      }),
    );
    expect(collector.counts.accepted).toBe(8 * 40);
  });

  it('reads no further from a client that does not read its acks, and loses none of them', async () => {
    const { client, collector } = await runCollector();
    const stream = client.stream();
    stream.pauseReading();
    const count = 40_000;
    const sending = (async () => {
      for (let sent = 0; sent < count; sent += 100) await stream.send(...Array.from({ length: 100 }, () => bad));
      stream.end();
    })();
    const counted = () => collector.counts.rejected;
    await untilStill(counted);
    expect(counted()).toBeLessThan(count);
    stream.resumeReading();
    await sending;
    const acks = await stream.nextAcks(count);
    expect(acks.every((ack, index) => Number(ack.requestIndex) === index)).toBe(true);
    expect(await stream.ended).toBeUndefined();
  });

  it('keeps its messages small enough for any client, however large the acks', async () => {
    const { client, collector } = await runCollector();
    const stream = client.stream();
    // Acks must gather, so that there would be too much for one message.
    stream.pauseReading();
    // A hundred named events each: acks far larger than requests. The producer id stands behind the first two bytes.
    const events = Array.from({ length: 100 }, (_, index) => event(index + 2, { timeUnixUs: 1n }));
    const template = serialize(batch({ events: [event(1, { timeUnixUs: now() }), ...events] }));
    const count = 600;
    const sending = (async () => {
      for (let sent = 0; sent < count; sent++) {
        await stream.send(
          plainRequest(Buffer.concat([template.subarray(0, 2), randomBytes(16), template.subarray(18)])),
        );
      }
      stream.end();
    })();
    await untilStill(() => collector.counts.accepted);
    stream.resumeReading();
    await sending;
    await stream.nextAcks(count);
    const sizes = stream.messageSizes;
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(2 * protocolLimits.streamMessageBytesMax);
    expect(Math.max(...sizes)).toBeLessThan(protocolLimits.streamMessageBytesMax);
    expect(await stream.ended).toBeUndefined();
  });

  it.each([
    ['not a message', Uint8Array.of(0x0b, 0xff)],
    ['cut off', Uint8Array.of(0x0a, 0x7f, 0x00)],
    ['of field number 0', Uint8Array.of(0x00)],
  ])(
    'ends with a clear error on a stream message that is %s, after acknowledging what came before',
    async (_, bytes) => {
      const { client, collector } = await runCollector();
      const stream = client.stream();
      await stream.send(plainRequest(small()), plainRequest(small()));
      await stream.sendBytes(bytes);
      const refusal = await stream.ended;
      expect(refusal).toMatchObject({
        code: status.INVALID_ARGUMENT,
        reason: 'ERROR_REASON_MALFORMED',
        domain: 'telemetry.v1',
      });
      expect(stream.acks.map((ack) => ack.outcome)).toEqual([Outcome.ACCEPTED, Outcome.ACCEPTED]);
      expect(collector.counts.accepted).toBe(2);
    },
  );

  it('steps over fields of a stream message that it does not know', async () => {
    const { client } = await runCollector();
    const stream = client.stream();
    await stream.sendBytes(Buffer.concat([field(7, Buffer.from('later')), field(1, plainRequest(small()))]));
    expect((await stream.nextAcks(1))[0]?.outcome).toBe(Outcome.ACCEPTED);
    stream.end();
    expect(await stream.ended).toBeUndefined();
  });

  it('goes on for others when a client goes away in the middle', async () => {
    const { client, collector } = await runCollector();
    const leaving = client.stream();
    for (let message = 0; message < 50; message++) await leaving.send(plainRequest(small()));
    leaving.cancel();
    expect(await leaving.ended).toMatchObject({ code: status.CANCELLED });
    expect((await client.publish(plainRequest(small()))).outcome).toBe(Outcome.ACCEPTED);
    expect(collector.counts.rejected).toBe(0);
  });

  it('defers with a reason and a delay when the spool is full', async () => {
    const { client } = await runCollector({ spoolSizeBytesMax: 1 });
    const stream = client.stream();
    await stream.send(plainRequest(small()));
    await stream.nextAcks(1);
    await stream.send(plainRequest(small()));
    const ack = (await stream.nextAcks(2))[1];
    expect(ack).toMatchObject({ outcome: Outcome.DEFERRED, rejection: { reason: ErrorReason.OVERLOADED } });
    expect(Number(ack?.retryDelay?.seconds)).toBeLessThanOrEqual(30);
    stream.end();
    await stream.ended;
  });

  it('acknowledges all that it took and ends with UNAVAILABLE when the collector stops', async () => {
    const { client, collector, dataDir } = await runCollector();
    const stream = client.stream();
    await stream.send(...Array.from({ length: 500 }, () => plainRequest(small())));
    await stream.nextAcks(1);
    await collector.close({ drainTimeoutMs: 0 });
    const end = await stream.ended;
    expect(end).toMatchObject({ code: status.UNAVAILABLE, reason: 'ERROR_REASON_SHUTTING_DOWN' });
    expect(end?.retryDelayMs).toBeGreaterThan(0);
    const accepted = stream.acks.filter((ack) => ack.outcome === Outcome.ACCEPTED);
    expect(accepted).toHaveLength(500);
    expect(await spooledBatches(dataDir)).toHaveLength(500);
  });
});

/** Resolves when a number has not changed for a while. */
async function untilStill(read: () => number): Promise<void> {
  let [last, stillSince] = [-1, Date.now()];
  while (last <= 0 || Date.now() - stillSince < 700) {
    if (read() !== last) [last, stillSince] = [read(), Date.now()];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
