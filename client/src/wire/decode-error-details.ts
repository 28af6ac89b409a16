import { ErrorReason } from '@telemetry/gen/constants';
import { ByteReader } from './byte-reader.ts';
import { decodeDurationMs } from './decode-time.ts';

/** What the details of an error say, of `google.rpc`'s rich error model. What is not said is not there. */
export interface ErrorDetails {
  reason?: ErrorReason;
  /** When to try again at the earliest. */
  retryDelayMs?: number;
  /** The first field that is wrong. */
  field?: string;
}

/** Of the reasons that are ours; somebody between client and collector may use the same names. */
const reasonDomain = 'telemetry.v1';

/**
 * Reads one detail into what is known already. A detail of another type changes nothing.
 *
 * @param type full name of the message, such as "google.rpc.ErrorInfo".
 * @throws WireError when the bytes are not such a message.
 */
export function decodeErrorDetail(type: string, bytes: Uint8Array, details: ErrorDetails): void {
  const reader = new ByteReader(bytes);
  if (type === 'google.rpc.ErrorInfo') {
    const reason = decodeErrorInfo(reader);
    if (reason !== undefined) details.reason = reason;
  } else if (type === 'google.rpc.RetryInfo') {
    const delayMs = decodeRetryInfo(reader);
    if (delayMs !== undefined) details.retryDelayMs = delayMs;
  } else if (type === 'google.rpc.BadRequest') {
    const field = decodeBadRequest(reader);
    if (field !== undefined) details.field ??= field;
  }
}

function decodeErrorInfo(reader: ByteReader): ErrorReason | undefined {
  let reason = '';
  let domain = '';
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x0a) reason = reader.text();
    else if (tag === 0x12) domain = reader.text();
    else reader.skip(tag);
  }
  return domain === reasonDomain ? reasonByName.get(reason) : undefined;
}

function decodeRetryInfo(reader: ByteReader): number | undefined {
  let delayMs: number | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x0a) delayMs = decodeDurationMs(reader.message());
    else reader.skip(tag);
  }
  return delayMs;
}

function decodeBadRequest(reader: ByteReader): string | undefined {
  let field: string | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x0a) field ??= decodeFieldViolation(reader.message());
    else reader.skip(tag);
  }
  return field;
}

function decodeFieldViolation(reader: ByteReader): string | undefined {
  let field: string | undefined;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x0a) field = reader.text();
    else reader.skip(tag);
  }
  return field;
}

const reasonByName: ReadonlyMap<string, ErrorReason> = new Map(
  Object.entries(ErrorReason).map(([name, reason]) => [`ERROR_REASON_${name}`, reason]),
);
