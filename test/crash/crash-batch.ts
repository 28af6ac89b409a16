import type { DropReason } from '@telemetry/gen';

/** One batch of the campaign: what it holds, and what happened to it. */
export interface CrashBatch {
  readonly index: number;
  /** 32 hexadecimal digits. */
  readonly producer: string;
  readonly events: readonly CrashEvent[];
  readonly dropped: readonly CrashDrop[];
  readonly encoding: 'gzip' | 'identity';
  /** Serialized, and compressed where `encoding` says so: the same bytes however often it is sent. */
  readonly bytes: Uint8Array;
  /** Sendings so far; the next one has this plus one as its attempt. */
  attempts: number;
  /** Whether a collector has acknowledged it, be it that the campaign then pretends that the acknowledgement was lost. */
  isAcknowledged: boolean;
  /** Sent, never acknowledged, and never to be sent again, as by a client that died: stored at most once. */
  isAbandoned: boolean;
  /** Sendings on purpose of what was, or may have been, taken before. */
  resendsOnPurpose: number;
  readonly history: SendRecord[];
}

/** An event of the campaign. */
export interface CrashEvent {
  readonly seq: number;
  readonly name: string;
  /** Empty: it has no typed payload. */
  readonly feature: string;
  readonly useCount: number;
  readonly timeUnixUs: number;
}

/** A declared run of dropped numbers. */
export interface CrashDrop {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly reason: DropReason;
}

/** One sending of a batch. */
export interface SendRecord {
  readonly attempt: number;
  readonly collector: string;
  /** Since the round began. */
  readonly atMs: number;
  /** The acknowledgement's outcome, or why there was none. */
  answer: string;
}
