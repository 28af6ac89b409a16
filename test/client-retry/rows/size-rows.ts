import { DropReason, ErrorReason } from '@telemetry/gen';
import { expect } from 'vitest';
import type { RowTests } from '../support/row-test.ts';
import { numbers, openScene } from '../support/scene.ts';

/** Of what is too large, and of what was refused. */
export const sizeRows: RowTests = {
  'too-large-alone': async () => {
    await using scene = await openScene();
    scene.collector.answer = ({ batch }) =>
      batch.events.some(({ seq }) => seq === 3n)
        ? { kind: 'reject', reason: ErrorReason.SEALED_TOO_LARGE }
        : { kind: 'accept' };
    scene.log(5);
    await scene.settle();
    expect([...scene.collector.declaredReasons()]).toStrictEqual([[3, DropReason.OVERSIZE]]);
    expect(scene.collector.storedNumbers()).toStrictEqual([1, 2, 4, 5]);
  },
  'too-large-in-doubt': async () => {
    await using scene = await openScene();
    scene.collector.answer = ({ attempt, batch }) => {
      if (batch.events.length === 0) {
        return { kind: 'accept' };
      }
      return attempt === 1 ? { kind: 'break', keep: false } : { kind: 'reject', reason: ErrorReason.BATCH_TOO_LARGE };
    };
    scene.log(5);
    await scene.settle();
    expect(scene.eventArrivals.map(({ batch }) => batch.events.length)).toStrictEqual([5, 5]);
    expect([...scene.collector.declaredReasons()]).toStrictEqual(numbers(5).map((seq) => [seq, DropReason.REJECTED]));
  },
  'rejected-declarations': async () => {
    await using scene = await openScene();
    const { collector } = scene;
    collector.answer = () =>
      collector.arrivals.length === 1 ? { kind: 'reject', reason: ErrorReason.FIELD_TOO_LONG } : { kind: 'accept' };
    scene.telemetry.log({ name: '' });
    scene.log(2);
    await scene.settle();
    expect(new Map([...collector.declaredReasons()].sort(([a], [b]) => a - b))).toStrictEqual(
      new Map([
        [1, DropReason.INVALID],
        [2, DropReason.REJECTED],
        [3, DropReason.REJECTED],
      ]),
    );
  },
};
