import { randomBytes } from 'node:crypto';
import { Outcome } from '@telemetry/gen';
import { describe, expect, it, onTestFinished } from 'vitest';
import { batch, event, gzipRequest, plainRequest, serialize } from '../support/batches.ts';
import { startChildCollector } from '../support/child-collector.ts';
import { producersOf, runCollector, spooledBatches } from '../support/collector.ts';
import { RawClient } from '../support/raw-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Sent {
  readonly producer: string;
  readonly request: Uint8Array;
}

function makeSent(index: number): Sent {
  const producerId = randomBytes(16);
  const timeUnixUs = BigInt(Date.now()) * 1000n;
  const events = Array.from({ length: 1 + (index % 4) }, (_, at) =>
    event(at + 1, { timeUnixUs, name: `page.${index}` }),
  );
  const bytes = serialize(batch({ producerId, events }));
  return { producer: producerId.toString('hex'), request: index % 2 === 0 ? plainRequest(bytes) : gzipRequest(bytes) };
}

/** Sends batches as fast as they go until the stream breaks; kills after so many acks. Returns all sent, and those acknowledged. */
async function sendUntilKilled(client: RawClient, acksBefore: number, kill: () => Promise<void>) {
  const sent: Sent[] = [];
  const stream = client.stream();
  let isOver = false;
  void stream.ended.then(() => {
    isOver = true;
  });
  const sending = (async () => {
    while (!isOver) {
      const some = Array.from({ length: 10 }, (_, index) => makeSent(sent.length + index));
      sent.push(...some);
      await Promise.race([stream.send(...some.map((one) => one.request)), stream.ended]);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await stream.nextAcks(acksBefore);
  await kill();
  expect(await stream.ended).toMatchObject({ code: expect.any(Number) });
  await sending;
  const accepted = stream.acks.filter((ack) => ack.outcome === Outcome.ACCEPTED);
  // A collector that stops in order defers what comes late; one that dies says nothing more.
  for (const ack of stream.acks) expect([Outcome.ACCEPTED, Outcome.DEFERRED]).toContain(ack.outcome);
  const acked = accepted.map((ack) => {
    const one = sent[Number(ack.requestIndex)];
    if (one === undefined) throw new Error(`an ack for request ${ack.requestIndex}, which was not sent`);
    return one;
  });
  return { sent, acked };
}

describe('a collector that is killed while a client sends', () => {
  it('keeps every batch that it acknowledged, life after life, and counts none twice', async () => {
    const dataDir = await tempFolder();
    const all: Sent[] = [];
    const acked: Sent[] = [];
    for (const acksBefore of [1, 700, 2_000]) {
      const child = await startChildCollector(dataDir);
      expect(child.error).toBeUndefined();
      const client = new RawClient(child.address);
      onTestFinished(() => client.close());
      const life = await sendUntilKilled(client, acksBefore, child.kill);
      expect(life.acked.length).toBeGreaterThanOrEqual(acksBefore);
      all.push(...life.sent);
      acked.push(...life.acked);
    }

    const { client } = await runCollector({ dataDir });
    // The torn end was cut off: what is there now is whole, and holds all that was acknowledged.
    const found = new Set(producersOf(await spooledBatches(dataDir)));
    const lost = acked.filter((one) => !found.has(one.producer));
    expect(lost).toEqual([]);

    const stream = client.stream();
    await stream.send(...acked.map((one) => one.request));
    const again = await stream.nextAcks(acked.length);
    expect(again.filter((ack) => ack.outcome !== Outcome.DUPLICATE)).toEqual([]);

    // The client sends again what it has no ack for: it is taken now, or was before.
    const unknown = all.filter((one) => !acked.includes(one));
    await stream.send(...unknown.map((one) => one.request));
    const resent = (await stream.nextAcks(all.length)).slice(acked.length);
    for (const ack of resent) expect([Outcome.ACCEPTED, Outcome.DUPLICATE]).toContain(ack.outcome);
    resent.forEach((ack, index) => {
      expect(ack.outcome === Outcome.DUPLICATE).toBe(found.has(unknown[index]?.producer ?? ''));
    });
    stream.end();
    await stream.ended;
    expect(producersOf(await spooledBatches(dataDir))).toEqual(all.map((one) => one.producer).sort());
  });

  it('keeps all of it when it is asked to stop instead', async () => {
    const dataDir = await tempFolder();
    const child = await startChildCollector(dataDir);
    const client = new RawClient(child.address);
    onTestFinished(() => client.close());
    const { acked } = await sendUntilKilled(client, 500, async () => {
      expect(await child.stop()).toBe(0);
    });
    const found = new Set(producersOf(await spooledBatches(dataDir)));
    expect(acked.filter((one) => !found.has(one.producer))).toEqual([]);
  });
});
