import { DropReason, Durability, ErrorReason, Outcome } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { findField } from '../../collector/src/admission/find-field.ts';
import { Refusal } from '../../collector/src/admission/refusal.ts';
import { PRODUCTS_COUNTED_MAX } from '../../collector/src/limits.ts';
import { CollectorMeters } from '../../collector/src/metrics/collector-meters.ts';
import { EventLedger, pendingOf, spooledOf } from '../../collector/src/metrics/event-ledger.ts';
import { PlainHistogram } from '../../collector/src/metrics/plain-histogram.ts';
import { DiskState } from '../../collector/src/readiness/disk-state.ts';
import { judgeReadiness } from '../../collector/src/readiness/readiness.ts';
import type { AckFacts } from '../../collector/src/service/ack.ts';
import { parseMetrics } from '../../collector/src/status/parse-metrics.ts';
import { statusReport } from '../../collector/src/status/status-report.ts';
import { field, varintField } from '../collector/support/batches.ts';
import { tempFolder } from '../collector/support/temp-folder.ts';

const bytes = (text: string) => Buffer.from(text);
const ack = (over: Partial<AckFacts>): AckFacts => ({
  outcome: Outcome.ACCEPTED,
  durability: Durability.SPOOLED,
  acceptedEvents: 0,
  droppedEvents: [],
  refusal: undefined,
  ...over,
});

describe('the ledger', () => {
  it('counts so many products by name, and the others together', () => {
    const ledger = new EventLedger();
    for (let number = 0; number < PRODUCTS_COUNTED_MAX + 5; number++) {
      ledger.accountOf(bytes(`product-${number}`), true).received += 1;
    }
    const accounts = [...ledger.accounts()];
    expect(accounts).toHaveLength(PRODUCTS_COUNTED_MAX + 2);
    expect(accounts.find(({ name }) => name === 'other')?.received).toBe(5);
    expect(accounts.reduce((sum, { received }) => sum + received, 0)).toBe(PRODUCTS_COUNTED_MAX + 5);
  });

  it('opens no account for a name that was not checked', () => {
    const ledger = new EventLedger();
    expect(ledger.accountOf(bytes('garbage'), false).name).toBe('other');
    expect(ledger.accountOf(undefined, true).name).toBe('unknown');
    expect(ledger.accountOf(bytes('editor'), true).name).toBe('editor');
    expect(ledger.accountOf(bytes('editor'), false).name).toBe('editor');
    expect(ledger.accountOf(bytes('garbage'), false).name).toBe('other');
    expect(ledger.accountOf(bytes('other'), true)).toBe(ledger.accountOf(bytes('garbage'), false));
  });

  it('keeps pending and spooled events apart from the others', () => {
    const ledger = new EventLedger();
    const account = ledger.accountOf(bytes('editor'), true);
    account.received += 40;
    expect(pendingOf(account)).toBe(40);
    const dropped = { index: 0, seq: 1, reason: DropReason.INVALID, startByte: 0, endByte: 1 };
    const violation = { reason: ErrorReason.MISSING_FIELD, field: '', message: '' };
    ledger.settle(account, 10, ack({ acceptedEvents: 9, droppedEvents: [{ ...dropped, violation }] }));
    ledger.settle(account, 10, ack({ outcome: Outcome.DUPLICATE }));
    ledger.settle(account, 5, ack({ outcome: Outcome.REJECTED, refusal: Refusal.malformed('', '') }));
    const later = Refusal.retryable(ErrorReason.STORAGE_UNAVAILABLE, '', 1);
    ledger.settle(account, 5, ack({ outcome: Outcome.DEFERRED, refusal: later }));
    expect(pendingOf(account)).toBe(10);
    expect(spooledOf(account)).toBe(9);
    ledger.recover({ eventCount: 3, productName: bytes('editor') });
    ledger.retire([{ eventCount: 8, productName: bytes('editor') }], 'stored');
    ledger.retire([{ eventCount: 4, productName: bytes('editor') }], 'quarantined');
    expect(spooledOf(account)).toBe(0);
    expect(ledger.rejectedBatches[ErrorReason.MALFORMED]).toBe(1);
    expect(ledger.deferredBatches[ErrorReason.STORAGE_UNAVAILABLE]).toBe(1);
  });
});

it('a histogram counts a value at its bound in its bucket', () => {
  const histogram = new PlainHistogram([1, 2]);
  for (const value of [0, 1, 1.5, 2, 3]) histogram.observe(value);
  expect(histogram.counts).toEqual([2, 2, 1]);
  expect(histogram.sum).toBe(7.5);
});

it('counting costs at most a few percent of a core at the call rate of a million clients', () => {
  const { ledger, ackSeconds } = new CollectorMeters();
  const names = ['editor', 'viewer'].map(bytes);
  const accepted = ack({ acceptedEvents: 5 });
  const rounds = 200_000;
  const cost = () => {
    const startedMs = performance.now();
    for (let round = 0; round < rounds; round++) {
      const account = ledger.accountOf(names[round % 2], true);
      account.received += 5;
      ledger.settle(account, 5, accepted);
      ackSeconds.observe((performance.now() - startedMs) / 1000);
    }
    return (1000 * (performance.now() - startedMs)) / rounds;
  };
  const costUs = Math.min(...Array.from({ length: 5 }, cost));
  // 17,000 batches/s times 1 µs are 1.7 % of a core; the bound here is loose, for machines that are busy.
  console.info(`metrics: ${costUs.toFixed(3)} µs a batch`);
  expect(costUs).toBeLessThan(3);
});

it('finds a nested field, and none where there is none', () => {
  const product = Buffer.concat([varintField(9, 300), field(2, bytes('4.1')), field(1, bytes('editor'))]);
  const core = Buffer.concat([field(1, bytes('user')), field(4, product)]);
  const message = Buffer.concat([bytes('xx'), core, bytes('yy')]);
  const find = (path: number[]) => findField(message, 2, 2 + core.length, path);
  expect(Buffer.from(find([4, 1]) ?? []).toString()).toBe('editor');
  expect(find([4, 3])).toBeUndefined();
  expect(find([5, 1])).toBeUndefined();
});

describe('readiness', () => {
  const facts = {
    isStopping: false,
    spoolSizeBytes: 0,
    spoolSizeBytesMax: 1_000,
    loaderLagMs: 0,
    diskError: undefined,
  };
  const bounds = { spoolFullShare: 0.9, loaderLagMsMax: 100 };
  const codes = (over: object) => judgeReadiness({ ...facts, ...over }, bounds).reasons.map(({ code }) => code);

  it('has bounds', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ spoolSizeBytes: 899 })).toEqual([]);
    expect(codes({ spoolSizeBytes: 900 })).toEqual(['spool_nearly_full']);
    expect(codes({ loaderLagMs: 100 })).toEqual([]);
    expect(codes({ loaderLagMs: 101 })).toEqual(['loader_lags']);
    expect(codes({ isStopping: true, diskError: 'ENOSPC' })).toEqual(['stopping', 'disk_not_writable']);
  });

  it('comes back with the disk, by a probe', async () => {
    const folder = await tempFolder();
    const disk = new DiskState(folder);
    disk.failed(new Error('ENOSPC'));
    await disk.probe();
    expect(disk.error).toBeUndefined();
    const gone = new DiskState(`${folder}/gone`);
    gone.failed(new Error('EIO'));
    await gone.probe();
    expect(gone.error).toMatch(/ENOENT/);
    gone.succeeded();
    expect(gone.error).toBeUndefined();
  });
});

describe('metrics as text', () => {
  it('are read with labels of any text', () => {
    const text = '# HELP a b\na{product="x\\"y\\\\z\\n,}",le="+Inf"} 3\na 1.5e+3\nb{} NaN\n';
    const metrics = parseMetrics(text);
    expect(metrics.get('a')).toEqual([
      { labels: { product: 'x"y\\z\n,}', le: '+Inf' }, value: 3 },
      { labels: {}, value: 1500 },
    ]);
    expect(() => parseMetrics('<html>')).toThrow(/Not a line/);
  });

  it('show a ledger that does not balance', () => {
    const lines = (spooled: number) =>
      parseMetrics(
        `telemetry_events_received_total{product="p"} 5\ntelemetry_events_spooled{product="p"} ${spooled}\ntelemetry_spool_bytes 0`,
      );
    const warehouse = { reachable: true, version: '1', error: null };
    const balanced = (spooled: number) =>
      statusReport({ ready: true, reasons: [] }, lines(spooled), warehouse).products[0]?.balanced;
    expect([balanced(0), balanced(1), balanced(-1)]).toEqual([true, false, false]);
  });
});
