import { ColumnError } from '../columns/column-encoder.ts';
import { DamagedSegmentError } from '../spool/read-records.ts';

/**
 * Error codes by which ClickHouse says that the data itself cannot be read, so that the same bytes will fail again. Names and numbers
 * as in ClickHouse's `src/Common/ErrorCodes.cpp`. All other errors are the engine's condition of the moment.
 */
const PERMANENT_CODES = new Map<number, string>([
  [6, 'CANNOT_PARSE_TEXT'],
  [26, 'CANNOT_PARSE_QUOTED_STRING'],
  [27, 'CANNOT_PARSE_INPUT_ASSERTION_FAILED'],
  [32, 'ATTEMPT_TO_READ_AFTER_EOF'],
  [33, 'CANNOT_READ_ALL_DATA'],
  [69, 'ARGUMENT_OUT_OF_BOUND'],
  [117, 'INCORRECT_DATA'],
  [131, 'TOO_LARGE_STRING_SIZE'],
  [271, 'CANNOT_DECOMPRESS'],
  [321, 'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE'],
  [354, 'ZLIB_INFLATE_FAILED'],
  [444, 'UNKNOWN_PROTOBUF_FORMAT'],
]);

/** A load that failed, and whether the same bytes may succeed later. */
export class LoadError extends Error {
  readonly kind: 'permanent' | 'retryable';
  /** Whether the warehouse answered, so that the fault may lie with this segment; otherwise it could not be reached. */
  readonly isAnswer: boolean;

  constructor(kind: 'permanent' | 'retryable', message: string, cause: unknown, isAnswer = kind === 'permanent') {
    super(message, { cause });
    this.name = 'LoadError';
    this.kind = kind;
    this.isAnswer = isAnswer;
  }
}

/** Normalises whatever a load threw. An error without a code of ClickHouse's is a broken connection, and so retryable. */
export function toLoadError(error: unknown): LoadError {
  if (error instanceof LoadError) return error;
  // Of the same bytes no columns can be made another time either.
  if (error instanceof ColumnError) return new LoadError('permanent', error.message, error);
  // Damaged since it was summarized: the next attempt sets aside what is no record.
  if (error instanceof DamagedSegmentError) return new LoadError('retryable', error.message, error, true);
  const message = error instanceof Error ? error.message : String(error);
  const code = Number((error as { code?: unknown } | undefined)?.code);
  const kind = PERMANENT_CODES.has(code) ? 'permanent' : 'retryable';
  return new LoadError(kind, message.slice(0, 1_000), error, Number.isInteger(code));
}
