import type { Channel, ChannelConnection, ConnectionListener } from '@telemetry/client';
import type { CrashCounter } from './crash-counter.ts';
import { report } from './report.ts';

/** A channel of which a counter sees every step. */
export function watchChannel(channel: Channel, counter: CrashCounter): Channel {
  return {
    name: channel.name,
    connect: (listener) => {
      const moment = counter.begin('connect');
      const connection = watchConnection(channel.connect(watchListener(listener, counter)), counter);
      if (moment === 'after') {
        counter.die();
      }
      return connection;
    },
    close: () => channel.close(),
  };
}

function watchConnection(connection: ChannelConnection, counter: CrashCounter): ChannelConnection {
  return {
    get congested() {
      return connection.congested;
    },
    send: (batch, attempt) => {
      const moment = counter.begin('send');
      // By the clock that all processes of a machine share.
      report({ kind: 'sending', atMs: Number(process.hrtime.bigint()) / 1e6 });
      connection.send(batch, attempt);
      if (moment === 'after') {
        // What was handed over leaves first, so that the collector may have it.
        connection.flush();
        setTimeout(() => counter.die(), 5);
      }
    },
    flush: () => connection.flush(),
    end: () => connection.end(),
    abort: () => connection.abort(),
  };
}

function watchListener(listener: ConnectionListener, counter: CrashCounter): ConnectionListener {
  return {
    onOpen: () => listener.onOpen(),
    onAcks: (acks) => {
      const moment = counter.begin('ack');
      listener.onAcks(acks);
      if (moment === 'after') {
        counter.die();
      }
    },
    onSentAgain: () => listener.onSentAgain(),
    onDrain: () => listener.onDrain(),
    onEnd: (error) => listener.onEnd(error),
  };
}
