import { userInfo } from 'node:os';
import { type ChannelError, createTelemetry } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { describe, expect, test } from 'vitest';
import { expectBalance } from '../client/support/expect-balance.ts';

describe('a user', () => {
  test('is that of the events from then on; those before keep theirs', async () => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({ product: 'editor', channel, audience: 'internal' });
    telemetry.log({ name: 'nobody' });
    telemetry.setUser({ id: 'anna' });
    telemetry.log({ name: 'a.1' });
    telemetry.setUser({ id: 'anna' });
    telemetry.log({ name: 'a.2' });
    telemetry.child({ name: 'part' }).log({ name: 'a.3' });
    telemetry.setUser({ id: 'otto', hashKeyId: 'k' });
    telemetry.log({ name: 'o.1' });
    telemetry.setUser(undefined);
    telemetry.log({ name: 'nobody' });
    expect(await telemetry.shutdown()).toMatchObject({ complete: true, acknowledged: 6 });
    expectBalance(telemetry.stats());
    expect(channel.findEvents({}).map(({ seq, user }) => [seq, user])).toStrictEqual([
      [1, undefined],
      [2, { id: 'anna' }],
      [3, { id: 'anna' }],
      [4, { id: 'anna' }],
      [5, { id: 'otto', hashKeyId: 'k' }],
      [6, undefined],
    ]);
    // One batch a user: setting the same one again ended none.
    expect(channel.batches.map(({ events }) => events.length)).toStrictEqual([1, 3, 1, 1]);
  });

  test.each([[{ id: '' }], [{}], [{ id: 7 }], ['anna'], [{ id: 'a'.repeat(257) }], [{ id: 'a', hashKeyId: 7 }]])(
    'that cannot be, %j, makes nobody known rather than the one before, and is told',
    async (user) => {
      const channel = memoryChannel();
      const errors: ChannelError[] = [];
      const telemetry = createTelemetry({ product: 'editor', channel, user: { id: 'anna' }, audience: 'internal' });
      telemetry.on('error', (error) => errors.push(error));
      telemetry.setUser(user as never);
      telemetry.log({ name: 'a' });
      await telemetry.shutdown();
      expect(channel.expectEvent({ name: 'a' }).user).toBeUndefined();
      expect(telemetry.stats().refusedCalls).toBe(1);
      await expect
        .poll(() => errors.map(({ message }) => message))
        .toStrictEqual([expect.stringMatching(/^setUser: user/)]);
    },
  );

  test('may be the account of the process, where the application says so, and is none otherwise', async () => {
    const userOf = async (user: 'account' | undefined) => {
      const channel = memoryChannel();
      const telemetry = createTelemetry({ product: 'editor', channel, user, audience: 'internal' });
      telemetry.log({ name: 'a' });
      await telemetry.shutdown();
      return channel.expectEvent({ name: 'a' }).user;
    };
    expect(await userOf('account')).toStrictEqual({ id: userInfo().username });
    expect(await userOf(undefined)).toBeUndefined();
  });
});

describe('a product', () => {
  test('is a name with version and channel beside it, or all in one', async () => {
    const productOf = async (
      options: Pick<Parameters<typeof createTelemetry>[0], 'product' | 'version' | 'releaseChannel'>,
    ) => {
      const channel = memoryChannel();
      const telemetry = createTelemetry({ ...options, channel });
      telemetry.log({ name: 'a' });
      await telemetry.shutdown();
      const { name, version, releaseChannel } = channel.batches[0]?.core?.product ?? {};
      return [name, version, releaseChannel];
    };
    expect(await productOf({ product: 'editor' })).toStrictEqual(['editor', '', '']);
    const all = ['editor', '1.2.3', 'beta'];
    expect(await productOf({ product: 'editor', version: '1.2.3', releaseChannel: 'beta' })).toStrictEqual(all);
    expect(await productOf({ product: { name: 'editor', version: '1.2.3', releaseChannel: 'beta' } })).toStrictEqual(
      all,
    );
  });

  test.each([
    [{ product: '' }, 'product.name: missing'],
    [{ product: 'a'.repeat(257) }, 'product.name: longer than 256 bytes'],
    [{ product: 'editor', version: 7 }, 'product.version: 7 is not a text'],
    [{ product: { name: 'editor' }, version: '1' }, 'version and releaseChannel: give them in product'],
  ])('with a mistake is told: %j', (options, message) => {
    expect(() => createTelemetry({ ...options, channel: memoryChannel() } as never)).toThrow(message);
  });
});
