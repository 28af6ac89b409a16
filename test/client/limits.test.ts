import { protocolLimits } from '@telemetry/gen';
import { expect, test } from 'vitest';
import * as limits from '../../client/src/limits.ts';

test('the limits of the client keep those of the protocol', () => {
  expect(limits.batchEventsTarget).toBeLessThanOrEqual(protocolLimits.batchEventsMax);
  expect(limits.batchBytesTarget + limits.eventBytesMax).toBeLessThan(protocolLimits.batchBytesMax);
  expect(limits.eventBytesMax).toBeLessThan(protocolLimits.sealedBytesMax);
  expect(limits.batchRangesTarget).toBeLessThanOrEqual(protocolLimits.batchDroppedRangesMax);
  expect(limits.windowBatchesDefault).toBeLessThanOrEqual(protocolLimits.streamWindowBatchesMax);
  // A message is cut when it passes its target, so it exceeds it by at most one batch with its framing.
  expect(limits.messageBytesTarget + protocolLimits.sealedBytesMax + 64).toBeLessThan(
    protocolLimits.streamMessageBytesMax,
  );
});

test('the limits of the client agree with one another', () => {
  expect(limits.queueEventsDefault).toBeGreaterThanOrEqual(limits.batchEventsTarget);
  expect(limits.queueBytesDefault).toBeGreaterThan(limits.batchBytesTarget);
  expect(limits.windowBatchesDefault * protocolLimits.sealedBytesMax).toBeLessThanOrEqual(limits.queueBytesDefault);
  expect(limits.undeclaredRangesMax).toBeGreaterThanOrEqual(limits.batchRangesTarget);
});
