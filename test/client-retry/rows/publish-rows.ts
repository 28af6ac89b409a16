import { DropReason, ErrorReason, ErrorReasonSchema, Outcome } from '@telemetry/gen';
import { Status } from 'nice-grpc';
import { expect, vi } from 'vitest';
import { publishCallsOpenMax } from '../../../client/src/limits.ts';
import { MisbehavingCollector } from '../../client/support/misbehaving-collector.ts';
import { specificationTable } from '../../protocol/specification-text.ts';
import { expectKind, type Kind, type KindDetails } from '../support/expect-kind.ts';
import type { RowTests } from '../support/row-test.ts';
import { numbers, openScene } from '../support/scene.ts';

const waiting = { timeout: 20_000, interval: 2 };

/** Node's timers may fire a millisecond early. */
const earlyMs = 2;

/** A collector that has no streams. */
function withoutStream(): MisbehavingCollector {
  return Object.assign(new MisbehavingCollector(), { hasStream: false, hasPublish: true });
}

/** Of batches that come by calls of their own: the first attempt, over a stream, never arrives. */
const byCalls: KindDetails = {
  attempts: [2, 3],
  prepare: (collector) => Object.assign(collector, { hasStream: false, hasPublish: true }),
};

/** After a failure that speaks of the connection the next one is tried with a stream, which is an attempt again. */
const byNextCalls: KindDetails = { ...byCalls, attempts: [2, 4] };

/** Of a collector that has `Publish` alone. */
export const publishRows: RowTests = {
  'publish-only': async () => {
    await using scene = await openScene({}, withoutStream());
    const { collector, telemetry } = scene;
    scene.logBatches(6);
    await vi.waitFor(() => expect(telemetry.stats()).toMatchObject({ pending: 0, connected: false }), waiting);
    // What had no answer goes again; what comes later over the same connection goes by a call at once.
    scene.log(3);
    await scene.settle();
    const [last, ...earlier] = scene.eventArrivals.map(({ attempt }) => attempt).reverse();
    expect(earlier.length).toBeGreaterThanOrEqual(6);
    expect(new Set([...earlier, 1])).toStrictEqual(new Set([1, 2]));
    expect(last).toBe(1);
    expect(scene.errors).toStrictEqual([]);
    expect(telemetry.stats()).toMatchObject({ duplicateBatches: 0, connectionErrors: 0 });
    expect(collector.storedNumbers()).toStrictEqual(numbers(telemetry.stats().highestSeq));
  },
  'publish-open': async () => {
    const windowBatches = publishCallsOpenMax + 10;
    await using scene = await openScene({ windowBatches, ackTimeoutMs: 2_000 }, withoutStream());
    const { collector } = scene;
    let isSilent = true;
    collector.answer = () => ({ kind: isSilent ? 'silence' : 'accept' });
    scene.logBatches(publishCallsOpenMax + 20);
    await vi.waitFor(() => expect(collector.openCalls).toBe(publishCallsOpenMax), waiting);
    await vi.waitFor(() => expect(scene.errors[0]?.message).toContain('no acknowledgement within 2000 ms'), waiting);
    isSilent = false;
    await scene.settle();
    expect(collector.openCallsMax).toBe(publishCallsOpenMax);
  },
  'publish-upgraded': async () => {
    await using scene = await openScene({}, withoutStream());
    const { collector } = scene;
    scene.log(1);
    await scene.settle();
    await vi.waitFor(() => expect(scene.telemetry.stats().connected).toBe(false), waiting);
    expect(collector.streams).toBe(0);
    collector.kill();
    collector.hasStream = true;
    await collector.start();
    scene.log(1);
    await scene.settle();
    expect(collector.streams).toBeGreaterThan(0);
    expect(scene.eventArrivals.at(-1)?.stream).toBeGreaterThanOrEqual(0);
  },
  'publish-reason': async () => {
    for (const { row, rejected } of specificationTable('row', 'rejected', 'deferred', 'status')) {
      const known = ErrorReasonSchema.values.find(
        ({ name }) => row === `reason-${name.replace('ERROR_REASON_', '').toLowerCase().replaceAll('_', '-')}`,
      );
      if (known !== undefined && known.number !== ErrorReason.UNSPECIFIED) {
        const reason = known.number as ErrorReason;
        const isLate = reason === ErrorReason.TIME_OUT_OF_RANGE;
        const dropReason = isLate ? DropReason.TIME_OUT_OF_RANGE : DropReason.REJECTED;
        await expectKind(rejected as Kind, { kind: 'reject', reason }, { ...byCalls, dropReason });
      }
    }
  },
  'publish-field': async () => {
    await using scene = await openScene({}, withoutStream());
    const problems: string[] = [];
    scene.telemetry.on('drop', ({ problem }) => problems.push(problem));
    scene.collector.answer = ({ batch }) =>
      batch.events.some(({ seq }) => seq === 1n)
        ? { kind: 'reject', reason: ErrorReason.MISSING_FIELD, field: 'core.product.name' }
        : { kind: 'accept' };
    scene.logBatches(3);
    await scene.settle();
    expect(problems).toStrictEqual(['core.product.name: as told']);
    // Its neighbours are taken.
    expect(scene.telemetry.stats().acknowledged).toBeGreaterThan(0);
  },
  'publish-deferred': async () => {
    await using scene = await openScene({}, withoutStream());
    scene.collector.answer = ({ earlier }) => (earlier < 2 ? { kind: 'defer', retryDelayMs: 130 } : { kind: 'accept' });
    scene.log(3);
    await scene.settle();
    expect(scene.eventArrivals.map(({ attempt }) => attempt)).toStrictEqual([2, 3, 4]);
    expect(Math.min(...scene.pausesMs)).toBeGreaterThanOrEqual(130 - earlyMs);
    expect(scene.errors).toStrictEqual([]);
  },
  'publish-ack': async () => {
    const deferred = { outcome: Outcome.DEFERRED, rejection: { reason: ErrorReason.OVERLOADED } };
    await expectKind('retry', { kind: 'acks', keep: false, acks: [deferred] }, byCalls);
    const rejected = { outcome: Outcome.REJECTED, rejection: { reason: ErrorReason.MALFORMED } };
    await expectKind('drop', { kind: 'acks', keep: false, acks: [rejected] }, byCalls);
    await expectKind('retry', { kind: 'acks', keep: true, acks: [{ outcome: Outcome.ACCEPTED }] }, byCalls);
    await expectKind('retry', { kind: 'end' }, byNextCalls);
  },
  'publish-status': async () => {
    const meanings = specificationTable('status', 'code', 'kind');
    expect(meanings).toHaveLength(16);
    for (const { status, code, kind } of meanings) {
      expect(Status[Number(code)]).toBe(status);
      const details = kind === 'drop' ? byCalls : byNextCalls;
      await expectKind(kind as Kind, { kind: 'break', keep: false, status: Number(code) }, details);
    }
  },
  'publish-lost': async () => {
    await using scene = await openScene({}, withoutStream());
    const { collector, telemetry } = scene;
    collector.answer = ({ earlier }) => (earlier === 0 ? { kind: 'break', keep: true } : { kind: 'accept' });
    scene.logBatches(5);
    await scene.settle();
    expect(telemetry.stats().duplicateBatches).toBeGreaterThan(0);
    expect(collector.storedNumbers()).toStrictEqual(numbers(telemetry.stats().highestSeq));
  },
  'publish-silent': async () => {
    await using scene = await openScene({ ackTimeoutMs: 500 }, withoutStream());
    scene.collector.answer = ({ earlier }) => ({ kind: earlier === 0 ? 'silence' : 'accept' });
    scene.log(6);
    await scene.settle();
    expect(scene.errors[0]?.message).toContain('no acknowledgement within 500 ms');
    expect(scene.eventArrivals.map(({ attempt }) => attempt)).toStrictEqual([2, 4]);
    await vi.waitFor(() => expect(scene.collector.openCalls).toBe(0), waiting);
  },
};
