import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect } from 'node:net';
import { createServer } from 'nice-grpc';
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { describe, expect, it, onTestFinished } from 'vitest';
import { boundConnections, type ConnectionBounds } from '../../../collector/src/service/bound-connections.ts';
import { type CallBounds, CallLoad } from '../../../collector/src/service/call-load.ts';
import { PartialMessages } from '../../../collector/src/service/partial-messages.ts';
import { RetryDelay } from '../../../collector/src/service/retry-delay.ts';
import { openCall, openSession, type RawCall } from '../../faults/support/raw-http2.ts';
import { eventually } from '../../support/eventually.ts';
import { frame } from '../../support/grpc-messages.ts';

const path = '/grpc.health.v1.Health/';

/** A server of the stock health service, with small bounds. */
async function boundedServer(over: Partial<ConnectionBounds & CallBounds> = {}) {
  const retryDelay = new RetryDelay(500, 1_000, () => 0);
  const calls = new CallLoad({ callsOpenMax: 3, requestTimeoutMs: 60_000, ...over }, retryDelay);
  const partialMessages = new PartialMessages(1_000);
  const bounds = { connectionsMax: 4, streamsOpenMax: 100, compressedCallsMax: 2, partialMessages, ...over };
  const server = createServer({ interceptors: [calls.interceptor] });
  server.add(HealthDefinition, HealthServiceImpl(HealthState()));
  const port = await boundConnections(bounds, () => server.listen('127.0.0.1:0'));
  onTestFinished(() => server.forceShutdown());
  const address = `127.0.0.1:${port}`;
  const session = await openSession(address);
  onTestFinished(() => session.destroy());
  return { address, port, session, calls, partialMessages };
}

/** Whether a call has ended by now, after all that was sent on its connection before is answered. */
async function isOver({ ended, stream }: RawCall): Promise<boolean> {
  await new Promise<void>((resolve) => stream.session?.ping(() => resolve()) ?? resolve());
  return Promise.race([ended.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

describe('calls', () => {
  it('below and at the bound are taken, one above is refused with a time to come back, and taken when one has ended', async () => {
    const { session, calls } = await boundedServer();
    const open = [1, 2, 3].map(() => openCall(session, 'Watch', {}, path));
    await eventually(() => (calls.open === 3 ? true : undefined), 5_000);
    for (const call of open) expect(await isOver(call)).toBe(false);
    const above = openCall(session, 'Watch', {}, path);
    expect(await above.ended).toMatchObject({ grpcStatus: 8, hasRetryInfo: true, resetCode: 0 });
    expect(calls.open).toBe(3);
    open[0]?.stream.close(constants.NGHTTP2_CANCEL);
    await eventually(() => (calls.open === 2 ? true : undefined), 5_000);
    const next = openCall(session, 'Check', {}, path);
    next.stream.end(frame(new Uint8Array()));
    expect(await next.ended).toMatchObject({ grpcStatus: 0 });
    await eventually(() => (calls.open === 2 ? true : undefined), 5_000);
  });

  it('whose request does not come in time end; those of a stream may wait', async () => {
    const { session } = await boundedServer({ requestTimeoutMs: 100 });
    const late = openCall(session, 'Check', {}, path);
    late.stream.write(frame(new Uint8Array(3)).subarray(0, 6));
    expect(await late.ended).toMatchObject({ grpcStatus: 4, message: expect.stringContaining('in time') });
    const watching = openCall(session, 'Watch', {}, path);
    watching.stream.write(frame(new Uint8Array()));
    const second = openCall(session, 'Check', {}, path);
    expect(await second.ended).toMatchObject({ grpcStatus: 4 });
    expect(await isOver(watching)).toBe(false);
  });
});

describe('streams of HTTP/2', () => {
  it('past the bound are reset, whatever became of their calls', async () => {
    const { session, calls } = await boundedServer({ streamsOpenMax: 2, callsOpenMax: 10 });
    const open = [1, 2].map(() => openCall(session, 'Watch', {}, path));
    await eventually(() => (calls.open === 2 ? true : undefined), 5_000);
    const above = openCall(session, 'Watch', {}, path);
    expect(await above.ended).toMatchObject({ resetCode: constants.NGHTTP2_ENHANCE_YOUR_CALM });
    for (const call of open) expect(await isOver(call)).toBe(false);
  });

  it('that the transport compresses are taken up to a bound', async () => {
    const { session } = await boundedServer();
    const gzip = { 'grpc-encoding': 'gzip' };
    const open = [1, 2].map(() => openCall(session, 'Watch', gzip, path));
    const above = openCall(session, 'Watch', gzip, path);
    expect(await above.ended).toMatchObject({ resetCode: constants.NGHTTP2_ENHANCE_YOUR_CALM });
    for (const call of open) expect(await isOver(call)).toBe(false);
    const plain = openCall(session, 'Check', { 'grpc-encoding': 'identity' }, path);
    plain.stream.end(frame(new Uint8Array()));
    expect(await plain.ended).toMatchObject({ grpcStatus: 0 });
  });
});

it('connections up to the bound are served, and one more is closed', async () => {
  const { address, port } = await boundedServer({ connectionsMax: 2 });
  const second = await openSession(address);
  onTestFinished(() => second.destroy());
  const third = connect(port, '127.0.0.1');
  third.on('error', () => {});
  await once(third, 'close');
  second.destroy();
  await eventually(async () => {
    const again = connectHttp2(`http://${address}`);
    again.on('error', () => {});
    const isServed = await Promise.race([
      once(again, 'remoteSettings').then(() => true),
      once(again, 'close').then(() => undefined),
    ]);
    again.destroy();
    return isServed;
  }, 5_000);
});

describe('messages in part', () => {
  const bytes = (size: number) => new Uint8Array(size);

  it('are counted until they are whole, however they are cut', () => {
    const partial = new PartialMessages(1_000);
    const call = partial.enter(() => {
      throw new Error('ended');
    });
    const message = frame(bytes(300));
    for (const cut of [1, 4, 5, 6, 304]) {
      call.receive(message.subarray(0, cut));
      expect(partial.heldSizeBytes).toBe(cut);
      call.receive(message.subarray(cut));
      expect(partial.heldSizeBytes).toBe(0);
    }
    // Several messages in a chunk, one of them empty, and a part of the next.
    call.receive(Buffer.concat([message, frame(bytes(0)), message, message.subarray(0, 7)]));
    expect(partial.heldSizeBytes).toBe(7);
    call.leave();
    call.leave();
    expect(partial.heldSizeBytes).toBe(0);
  });

  it('may hold as much as the bound; past it the call with the most is ended, not the one that came last', () => {
    const partial = new PartialMessages(1_000);
    const ended: string[] = [];
    const enter = (name: string) => {
      const call = partial.enter(() => {
        ended.push(name);
        call.leave();
      });
      return call;
    };
    const [small, large, last] = [enter('small'), enter('large'), enter('last')];
    const claim = (size: number) => frame(bytes(size - 5), false, 5_000);
    small.receive(claim(100));
    large.receive(claim(899));
    expect(partial.heldSizeBytes).toBe(999);
    last.receive(bytes(1));
    expect([partial.heldSizeBytes, ended]).toEqual([1_000, []]);
    last.receive(bytes(1));
    expect([partial.heldSizeBytes, ended]).toEqual([102, ['large']]);
  });

  it('over the wire: the call is reset, and a whole message beside it is answered', async () => {
    const { session, partialMessages } = await boundedServer();
    const large = openCall(session, 'Check', {}, path);
    large.stream.write(frame(bytes(900), false, 5_000));
    await eventually(() => (partialMessages.heldSizeBytes === 905 ? true : undefined), 5_000);
    const small = openCall(session, 'Check', {}, path);
    small.stream.end(frame(bytes(0)));
    expect(await small.ended).toMatchObject({ grpcStatus: 0 });
    large.stream.write(bytes(96));
    expect(await large.ended).toMatchObject({ resetCode: constants.NGHTTP2_ENHANCE_YOUR_CALM });
    expect(partialMessages.heldSizeBytes).toBe(0);
  });
});
