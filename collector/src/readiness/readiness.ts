/** What decides whether the collector takes batches. */
export interface ReadinessFacts {
  readonly isStopping: boolean;
  readonly spoolSizeBytes: number;
  readonly spoolSizeBytesMax: number;
  /** How long the oldest segment has waited for the loader in this life, in milliseconds; 0 when none waits. */
  readonly loaderLagMs: number;
  /** What the disk said when it last refused a write; undefined since it took one. */
  readonly diskError: string | undefined;
}

/** Where it stops being ready. */
export interface ReadinessBounds {
  /** Share of the spool's quota, from 0 to 1. */
  readonly spoolFullShare: number;
  readonly loaderLagMsMax: number;
}

/** One reason not to be ready: a word for programs, a sentence for people. */
export interface UnreadyReason {
  readonly code: 'stopping' | 'spool_nearly_full' | 'loader_lags' | 'disk_not_writable';
  readonly message: string;
}

/** Whether the collector takes batches, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly UnreadyReason[];
}

const MIB = 1024 * 1024;

/** Judges the facts. */
export function judgeReadiness(facts: ReadinessFacts, bounds: ReadinessBounds): Readiness {
  const reasons: UnreadyReason[] = [];
  if (facts.isStopping) reasons.push({ code: 'stopping', message: 'The collector is stopping.' });
  if (facts.spoolSizeBytes >= facts.spoolSizeBytesMax * bounds.spoolFullShare) {
    const [used, quota] = [facts.spoolSizeBytes, facts.spoolSizeBytesMax].map((size) => (size / MIB).toFixed(1));
    const message = `The spool holds ${used} MiB of ${quota} MiB: the warehouse is down or behind.`;
    reasons.push({ code: 'spool_nearly_full', message });
  }
  if (facts.loaderLagMs > bounds.loaderLagMsMax) {
    const message = `A segment has waited ${Math.round(facts.loaderLagMs / 1000)} s for the warehouse, which is down or behind.`;
    reasons.push({ code: 'loader_lags', message });
  }
  if (facts.diskError !== undefined) {
    reasons.push({ code: 'disk_not_writable', message: `The spool's disk takes no writes: ${facts.diskError}.` });
  }
  return { ready: reasons.length === 0, reasons };
}
