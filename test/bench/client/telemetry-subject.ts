import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Audience, type Channel, type ChannelConnection, createTelemetry } from '@telemetry/client';
import { Durability, Outcome } from '@telemetry/gen';
import { downPort, eventAt, type Network, type Subject } from './subject.ts';

/**
 * Our client. With the network down it keeps what it can in a folder, as by default.
 *
 * @param audience external, as who is not known: texts are scrubbed of what tells of a person; of internal users they are not.
 * @param place where events wait that the sink takes: in memory, as in the other libraries, or in files first, as by default.
 */
export function telemetrySubject(network: Network, audience: Audience, place: 'memory' | 'folder' = 'memory'): Subject {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-bench-client-'));
  const sink = new Sink();
  const where =
    network === 'sink'
      ? { channel: sink, store: place === 'memory' ? ('memory' as const) : { folder } }
      : { store: { folder }, endpoint: `127.0.0.1:${downPort}` };
  const telemetry = createTelemetry({
    product: { name: 'bench', version: '1.0.0' },
    user: { id: 'user-1' },
    audience,
    ...where,
  });
  return {
    log(index) {
      const { feature, format, pages } = eventAt(index);
      telemetry.featureUsed(feature, { properties: { format }, measurements: { pages } });
    },
    async drain() {
      await telemetry.flush();
    },
    delivered: () => sink.events,
    async close() {
      await telemetry.shutdown({ timeoutMs: 1 });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Acknowledges what it is sent. */
class Sink implements Channel {
  readonly name = 'sink';
  events = 0;

  connect(listener: Parameters<Channel['connect']>[0]): ChannelConnection {
    let indexes: number[] = [];
    let nextIndex = 0;
    queueMicrotask(() => listener.onOpen());
    return {
      congested: false,
      send: ({ eventCount }) => {
        this.events += eventCount;
        indexes.push(nextIndex++);
      },
      flush: () => {
        const acks = indexes.map((requestIndex) => ({
          requestIndex,
          outcome: Outcome.ACCEPTED,
          durability: Durability.STORED,
          acceptedEvents: 0,
          droppedEvents: [],
          droppedEventCount: 0,
          rejection: undefined,
          retryDelayMs: 0,
          blacklistVersion: 0,
        }));
        indexes = [];
        queueMicrotask(() => listener.onAcks(acks));
      },
      end: () => queueMicrotask(() => listener.onEnd(undefined)),
      abort: () => queueMicrotask(() => listener.onEnd(undefined)),
    };
  }

  /** Holds nothing. */
  close(): void {}
}
