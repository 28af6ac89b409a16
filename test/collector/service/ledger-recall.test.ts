import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { ErrorReason } from '@telemetry/gen';
import { expect, it, onTestFinished } from 'vitest';
import { Refusal } from '../../../collector/src/admission/refusal.ts';
import { RECALL_TIMEOUT_MS, RECALLS_AT_ONCE_MAX } from '../../../collector/src/limits.ts';
import { LedgerRecall } from '../../../collector/src/service/ledger-recall.ts';
import { RetryDelay } from '../../../collector/src/service/retry-delay.ts';

const entry = (digest: Buffer = randomBytes(8)) => ({ producerId: randomBytes(16), sequence: [1, 2], digest });

/** A warehouse that takes questions, and answers when it is told to. */
async function slowWarehouse() {
  const asked: ServerResponse[] = [];
  let isAnswering = false;
  const digest = Buffer.alloc(8, 3);
  const answer = (response: ServerResponse) =>
    response.end(`${JSON.stringify({ digest: String(digest.readBigUInt64LE()) })}\n`);
  const server = createServer((_request, response) => {
    if (isAnswering) answer(response);
    else asked.push(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient({ url, log: { level: ClickHouseLogLevel.OFF } });
  onTestFinished(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  return {
    recall: new LedgerRecall(client, new RetryDelay(500, 30_000, () => 0.5)),
    digest,
    answerAll() {
      isAnswering = true;
      for (const response of asked.splice(0)) answer(response);
    },
  };
}

const refusalOf = async (asking: Promise<boolean>): Promise<Refusal> => {
  const error = await asking.then(
    () => new Error('was answered'),
    (caught: unknown) => caught,
  );
  if (!(error instanceof Refusal)) throw error;
  return error;
};

it('asks for as many batches at once as it may, refuses the next for now, and asks again when there is room', async () => {
  const { recall, digest, answerAll } = await slowWarehouse();
  const asking = Array.from({ length: RECALLS_AT_ONCE_MAX - 1 }, (_, index) =>
    recall.wasTaken(entry(index % 2 === 0 ? digest : randomBytes(8))),
  );
  // The one at the bound.
  asking.push(recall.wasTaken(entry()));
  const refusal = await refusalOf(recall.wasTaken(entry()));
  expect(refusal.reason).toBe(ErrorReason.OVERLOADED);
  expect(refusal.permanence).toMatchObject({ kind: 'retryable' });
  answerAll();
  expect(await Promise.all(asking)).toEqual(asking.map((_, index) => index % 2 === 0));
  expect(await recall.wasTaken(entry(digest))).toBe(true);
});

it('gives up a question that is not answered, with a time to come back', { timeout: 60_000 }, async () => {
  const { recall, digest, answerAll } = await slowWarehouse();
  const startMs = performance.now();
  const refusals = await Promise.all(
    Array.from({ length: RECALLS_AT_ONCE_MAX }, () => refusalOf(recall.wasTaken(entry()))),
  );
  const durationMs = performance.now() - startMs;
  expect(durationMs).toBeGreaterThan(RECALL_TIMEOUT_MS - 100);
  expect(durationMs).toBeLessThan(2 * RECALL_TIMEOUT_MS);
  for (const { reason, permanence } of refusals) {
    expect(reason).toBe(ErrorReason.STORAGE_UNAVAILABLE);
    expect(permanence).toMatchObject({ kind: 'retryable', retryDelayMs: expect.any(Number) });
  }
  answerAll();
  expect(await recall.wasTaken(entry(digest))).toBe(true);
});
