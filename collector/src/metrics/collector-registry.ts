import { collectDefaultMetrics, Registry } from 'prom-client';
import { EVENT_LOOP_LOOK_MS } from '../limits.ts';
import type { Loader } from '../load/loader.ts';
import type { SeenSet } from '../seen/seen-set.ts';
import type { SpoolPair } from '../spool/spool-pair.ts';
import { VERSION } from '../version.ts';
import type { CollectorMeters } from './collector-meters.ts';
import { pendingOf, spooledOf } from './event-ledger.ts';
import { exposeCounter, exposeGauge, exposeHistogram, type Sample } from './expose.ts';
import { batchesByOutcome, byProduct, byReason, droppedEvents } from './ledger-samples.ts';

/** What is as it is when the metrics are asked for. */
export interface CollectorState {
  readonly spool: SpoolPair;
  readonly loader: Loader;
  /** Segments that may exist twice, and wait to be compared with the warehouse. */
  readonly careful: { readonly waiting: number };
  readonly seen: SeenSet;
  readonly steadyClock: () => number;
  readonly spoolSizeBytesMax: number;
  readonly blacklistVersion: () => number;
  /** Open `PublishStream` calls. */
  readonly streamsOpen: () => number;
  readonly webRequestsOpen: () => number;
  readonly isReady: () => boolean;
  /** Files of keys and certificates that could not be read again. */
  readonly accessFaults: () => number;
}

/** All metrics of a collector, those of its process included. */
export function collectorRegistry(meters: CollectorMeters, state: CollectorState): Registry {
  const registry = new Registry();
  exposeLedger(registry, meters);
  exposeWork(registry, meters);
  exposeState(registry, state);
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS });
  return registry;
}

function exposeLedger(registry: Registry, { ledger }: CollectorMeters): void {
  const counter = (what: string, help: string, samples: () => Iterable<Sample>) =>
    exposeCounter(registry, `telemetry_events_${what}_total`, help, samples);
  const gauge = (what: string, help: string, samples: () => Iterable<Sample>) =>
    exposeGauge(registry, `telemetry_events_${what}`, help, samples);
  counter('received', 'Events read from batches, whatever became of them.', () =>
    byProduct(ledger, (of) => of.received),
  );
  counter('recovered', 'Events found in the spool at start.', () => byProduct(ledger, (of) => of.recovered));
  counter('stored', 'Events loaded into the warehouse.', () => byProduct(ledger, (of) => of.stored));
  counter('duplicate', 'Events sent again and not counted again.', () => byProduct(ledger, (of) => of.duplicate));
  counter('rejected', 'Events of batches refused for good.', () => byProduct(ledger, (of) => of.rejected));
  counter('deferred', 'Events of batches refused for now.', () => byProduct(ledger, (of) => of.deferred));
  counter('dropped', 'Events not taken while their batch was, by reason.', () => droppedEvents(ledger));
  counter('quarantined', 'Events set aside since the warehouse cannot read them.', () =>
    byProduct(ledger, (of) => of.quarantined),
  );
  gauge('spooled', 'Events on disk that are not loaded yet.', () => byProduct(ledger, spooledOf));
  gauge('pending', 'Events that wait for their acknowledgement.', () => byProduct(ledger, pendingOf));
  exposeCounter(registry, 'telemetry_batches_total', 'Batches by outcome.', () => batchesByOutcome(ledger));
  exposeCounter(registry, 'telemetry_batches_rejected_total', 'Batches refused for good, by reason.', () =>
    byReason(ledger.rejectedBatches),
  );
  exposeCounter(registry, 'telemetry_batches_deferred_total', 'Batches refused for now, by reason.', () =>
    byReason(ledger.deferredBatches),
  );
}

function exposeWork(registry: Registry, meters: CollectorMeters): void {
  const { ackSeconds, commitSeconds, commitBatches, loadSeconds } = meters;
  exposeHistogram(registry, 'telemetry_ack_seconds', 'From the arrival of a batch to its acknowledgement.', ackSeconds);
  exposeHistogram(registry, 'telemetry_commit_seconds', 'Write and fsync of one group commit.', commitSeconds);
  exposeHistogram(registry, 'telemetry_commit_batches', 'Batches in one group commit.', commitBatches);
  exposeHistogram(registry, 'telemetry_load_seconds', 'One load of a segment into the warehouse.', loadSeconds);
  exposeCounter(registry, 'telemetry_commit_failures_total', 'Group commits that the disk refused.', () => [
    [{}, meters.commitFailures],
  ]);
  exposeCounter(registry, 'telemetry_spool_quarantined_total', 'Damaged parts of the spool set aside.', () => [
    [{}, meters.spoolQuarantined],
  ]);
  exposeCounter(registry, 'telemetry_loads_total', 'Loads of segments by result; a failed one is tried again.', () => [
    [{ result: 'loaded' }, meters.loads],
    [{ result: 'failed' }, meters.loadFailures],
    [{ result: 'quarantined' }, meters.loadsQuarantined],
  ]);
}

function exposeState(registry: Registry, state: CollectorState): void {
  const { spool, loader, seen, steadyClock, spoolSizeBytesMax } = state;
  const oldestSegmentAgeS = () => {
    const oldestMs = loader.oldestMs;
    return oldestMs === undefined ? 0 : Math.max(0, steadyClock() - oldestMs) / 1000;
  };
  const gauge = (name: string, help: string, value: () => number) =>
    exposeGauge(registry, `telemetry_${name}`, help, () => [[{}, value()]]);
  gauge('spool_bytes', 'Bytes on disk that are not loaded yet.', () => spool.sizeBytes);
  gauge('spool_quota_bytes', 'Spooled bytes at which batches are refused.', () => spoolSizeBytesMax);
  gauge('segments_waiting', 'Closed segments that are not loaded yet.', () => loader.waiting);
  gauge('segments_careful', 'Segments that wait to be compared with the warehouse first.', () => state.careful.waiting);
  gauge('segment_oldest_age_seconds', 'Age of the oldest of them.', oldestSegmentAgeS);
  gauge('seen_producers', 'Producers that the seen-set remembers.', () => seen.producers);
  gauge('blacklist_version', 'Version of the blacklist in force; 0 when there is none.', state.blacklistVersion);
  gauge('streams_open', 'Open PublishStream calls.', state.streamsOpen);
  gauge('web_requests_open', 'Requests on the web port that are being answered.', state.webRequestsOpen);
  gauge('ready', 'Whether the collector takes batches: 1 or 0.', () => Number(state.isReady()));
  exposeCounter(
    registry,
    'telemetry_access_faults_total',
    'Files of keys or certificates that could not be used; what was known before stays in force.',
    () => [[{}, state.accessFaults()]],
  );
  exposeGauge(registry, 'telemetry_build_info', 'Always 1; the version is a label.', () => [[{ version: VERSION }, 1]]);
}
