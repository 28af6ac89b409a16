import { PostHog } from 'posthog-node';
import { batchEvents, downPort, eventAt, type Network, queueEvents, type Subject } from './subject.ts';

/** posthog-node, with a queue and batches as large as ours. It compresses what it sends; the sink answers as its server does. */
export function postHogSubject(network: Network): Subject {
  let handed = 0;
  let logged = 0;
  const answer = { status: 200, text: () => Promise.resolve('{}'), json: () => Promise.resolve({ status: 1 }) };
  const posthog = new PostHog('phc_bench', {
    host: `http://127.0.0.1:${downPort}`,
    flushAt: batchEvents,
    maxBatchSize: batchEvents,
    maxQueueSize: queueEvents,
    ...(network === 'sink' ? { fetch: () => Promise.resolve(answer) } : {}),
  });
  // What it could not send is logged to the console, each time.
  console.error = () => undefined;
  return {
    log(index) {
      const { feature, format, pages } = eventAt(index);
      posthog.capture({ distinctId: 'user-1', event: 'feature.used', properties: { feature, format, pages } });
      logged += 1;
    },
    async drain() {
      await posthog.flush();
      // It does not say how many it has handed over; flush empties the queue.
      handed = logged;
    },
    delivered: () => handed,
    close: () => posthog.shutdown(1).catch(() => undefined),
  };
}
