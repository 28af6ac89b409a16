import { test } from 'vitest';
import { createTelemetry } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { MisbehavingCollector } from './support/misbehaving-collector.ts';
test('smoke', async () => {
  const channel = memoryChannel();
  const t = createTelemetry({ product: { name: 'p' }, channel });
  t.featureUsed('a'); t.log({ name: '' }); t.fault(new Error('x'));
  console.log(await t.flush(), channel.events.length, channel.batches[0]);
  const c = await new MisbehavingCollector().start();
  const t2 = createTelemetry({ product: { name: 'p' }, endpoint: c.address });
  t2.on('error', console.log); t2.on('ack', console.log); t2.on('drop', console.log);
  for (let i = 0; i < 2500; i++) t2.featureUsed('a', { properties: { i: String(i) } });
  t2.log({ name: 'x', measurements: { a: NaN } });
  console.log(await t2.shutdown(), t2.stats());
  c.kill();
});
