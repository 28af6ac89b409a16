import { ErrorReason } from '@telemetry/gen';
import { Refusal } from './refusal.ts';

export const PRODUCER_ID_SIZE_BYTES = 16;

export function badProducerId(sizeBytes: number): Refusal {
  const message = `producer_id has ${sizeBytes} bytes; it must be ${PRODUCER_ID_SIZE_BYTES} random bytes, new for every writer process.`;
  return new Refusal({ reason: ErrorReason.BAD_PRODUCER_ID, field: 'producer_id', message });
}

export function missingCore(): Refusal {
  const message = 'core.product.name is required: nobody could be asked about the events of an unknown product.';
  return new Refusal({ reason: ErrorReason.MISSING_FIELD, field: 'core.product.name', message });
}

export function reservedField(number: number): Refusal {
  const message = `Field ${number} of EventBatch is set by the collector only. Leave it out.`;
  return new Refusal({ reason: ErrorReason.RESERVED_FIELD, field: '', message });
}

export function emptyBatch(): Refusal {
  return new Refusal({ reason: ErrorReason.EMPTY, field: 'events', message: 'Neither events nor dropped ranges.' });
}

export function tooManyEvents(eventsMax: number): Refusal {
  const message = `More than ${eventsMax} events. Halve the batch.`;
  return new Refusal({ reason: ErrorReason.TOO_MANY_EVENTS, field: 'events', message });
}

export function tooManyRanges(rangesMax: number): Refusal {
  const message = `More than ${rangesMax} dropped ranges. Send the others in the next batch.`;
  return new Refusal({ reason: ErrorReason.FIELD_TOO_LONG, field: 'dropped', message });
}

export function badSequence(index: number, seq: number, seqMax: number): Refusal {
  const message = `events[${index}].seq is ${seq}: numbers begin at 1, grow strictly within a batch, and none is above ${seqMax}.`;
  return new Refusal({ reason: ErrorReason.BAD_SEQUENCE, field: `events[${index}].seq`, message });
}

export function badRange(index: number, first: number, last: number, seqMax: number): Refusal {
  const message = `dropped[${index}] runs from ${first} to ${last}: numbers begin at 1, the last is not below the first, and none is above ${seqMax}.`;
  return new Refusal({ reason: ErrorReason.BAD_SEQUENCE, field: `dropped[${index}]`, message });
}

export function overlappingRanges(): Refusal {
  const message = 'A number is declared as dropped twice, or both dropped and sent.';
  return new Refusal({ reason: ErrorReason.BAD_SEQUENCE, field: 'dropped', message });
}
