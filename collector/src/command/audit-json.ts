import type { AuditOutcome, AuditReport } from '@telemetry/warehouse';

/** The outcome for programs. */
export function auditJson({ found, repairs, left }: AuditOutcome) {
  return {
    balanced: left.findings.length + left.findingsUntold === 0,
    received: left.received.map((row) => ({
      day: row.day,
      product: row.product,
      ledger_batches: row.ledgerBatches,
      ledger_events: row.ledgerEvents,
      events: row.events,
      rejected_events: row.rejectedEvents,
      pending_events: row.pendingEvents,
      ledger_dropped: row.ledgerDropped,
      dropped: row.dropped,
    })),
    rollup_days: left.rollupDays,
    findings: findingsJson(left),
    findings_untold: left.findingsUntold,
    not_judged: left.notJudged,
    pending: left.pending.map((segment) => ({
      segment_id: segment.segmentId,
      collector_id: segment.collectorId,
      products: segment.products,
      day: segment.day,
      batches: segment.batches,
      events: segment.events,
      age_ms: segment.ageMs,
    })),
    found_before_repair: repairs.length > 0 ? findingsJson(found) : [],
    repairs,
    duration_ms: found.durationMs + (left === found ? 0 : left.durationMs),
  };
}

function findingsJson({ findings }: AuditReport): readonly object[] {
  return findings.map(({ producerHex, ...finding }) => ({
    ...finding,
    ...(producerHex === undefined ? {} : { producer_hex: producerHex }),
  }));
}
