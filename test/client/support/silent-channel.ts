import type { Channel, ChannelConnection, ConnectionListener } from '@telemetry/client';
import { Durability, Outcome } from '@telemetry/gen';
import { emptyAck } from '../../../client/src/wire/decode-acks.ts';

/** Takes whatever is sent, and answers when the test says so. */
export class SilentChannel implements Channel {
  readonly name = 'silent';
  /** What was called of the open connection, in order; `send` with the number of events. */
  readonly calls: string[] = [];
  #listener: ConnectionListener | undefined;
  #sent = 0;
  #answered = 0;

  connect(listener: ConnectionListener): ChannelConnection {
    this.#listener = listener;
    this.#sent = 0;
    this.#answered = 0;
    this.calls.push('connect');
    setImmediate(() => listener.onOpen());
    const ends = (name: string) => () => {
      this.calls.push(name);
      setImmediate(() => listener.onEnd(undefined));
    };
    return {
      congested: false,
      send: ({ eventCount }) => {
        this.#sent++;
        this.calls.push(`send ${eventCount}`);
      },
      flush: () => {},
      end: ends('end'),
      abort: ends('abort'),
    };
  }

  /** Acknowledges all that has no answer yet. */
  answer(): void {
    const taken = { outcome: Outcome.ACCEPTED, durability: Durability.SPOOLED };
    while (this.#answered < this.#sent) this.#listener?.onAcks([{ ...emptyAck(this.#answered++), ...taken }]);
  }

  close(): void {}
}
