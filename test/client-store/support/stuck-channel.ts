import type { Channel, ChannelConnection, ConnectionListener } from '@telemetry/client';

/** A channel whose connection opens, answers nothing, and ends when the test says so: not when it is told to. */
export class StuckChannel implements Channel {
  readonly name = 'stuck';
  #listener: ConnectionListener | undefined;

  connect(listener: ConnectionListener): ChannelConnection {
    this.#listener = listener;
    queueMicrotask(() => listener.onOpen());
    const nothing = (): void => {};
    return { congested: false, send: nothing, flush: nothing, end: nothing, abort: nothing };
  }

  endConnection(): void {
    this.#listener?.onEnd(undefined);
  }

  close(): void {}
}
