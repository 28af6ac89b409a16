import type { DroppedRange, Event, EventBatch } from '@telemetry/gen';
import type { User } from '../core.ts';
import { type DropReasonName, dropReasonName } from '../drop-reason-name.ts';
import type { EventData, EventTier } from '../event.ts';
import { tierNumber } from '../wire/encode-event.ts';
import { dataEnums } from '../wire/encode-event-data.ts';

/** An event as it reached a collector, in the words of the API. */
export interface RecordedEvent {
  readonly name: string;
  /** Its number. */
  readonly seq: number;
  readonly time: Date;
  readonly tier: EventTier;
  /** The payload; what has the protocol's default value (0, false, an empty text) is not there. */
  readonly data: EventData | undefined;
  readonly properties: Readonly<Record<string, string>>;
  readonly measurements: Readonly<Record<string, number>>;
  /** Who used the application, as it was sent: after hashing. */
  readonly user: User | undefined;
}

/** Numbers that were dropped and declared. */
export interface RecordedDrop {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly reason: DropReasonName;
}

/** The events of a batch. */
export function recordedEvents(batch: EventBatch): RecordedEvent[] {
  const user = userOf(batch);
  return batch.events.map((event) => ({
    name: event.name,
    seq: Number(event.seq),
    time: new Date(Number(event.timeUnixUs) / 1000),
    tier: nameOf(tierNumber, event.tier) ?? 'standard',
    data: dataOf(event),
    properties: { ...event.properties },
    measurements: { ...event.measurements },
    user,
  }));
}

/** What a batch declares dropped. */
export function recordedDrops(batch: EventBatch): RecordedDrop[] {
  return batch.dropped.map(({ firstSeq, lastSeq, reason }: DroppedRange) => ({
    firstSeq: Number(firstSeq),
    lastSeq: Number(lastSeq),
    reason: dropReasonName(reason),
  }));
}

function userOf({ core }: EventBatch): User | undefined {
  const { id, hashKeyId } = core?.user ?? { id: '', hashKeyId: '' };
  return id === '' ? undefined : { id, ...(hashKeyId === '' ? {} : { hashKeyId }) };
}

function dataOf({ data }: Event): EventData | undefined {
  if (data.case === undefined) {
    return undefined;
  }
  const plain: Record<string, unknown> = { kind: data.case };
  for (const [field, value] of Object.entries(data.value)) {
    if (
      field.startsWith('$') ||
      ((value === '' || value === 0 || value === 0n || value === false) && field !== 'value')
    ) {
      continue;
    }
    if (field.endsWith('Us')) {
      plain[`${field.slice(0, -2)}Ms`] = Number(value) / 1000;
    } else if (field in dataEnums) {
      plain[field] = nameOf<string>(dataEnums[field as keyof typeof dataEnums], value);
    } else {
      plain[field] = typeof value === 'bigint' ? Number(value) : value;
    }
  }
  return plain as unknown as EventData;
}

function nameOf<Name extends string>(numbers: Readonly<Record<Name, number>>, value: unknown): Name | undefined {
  return (Object.keys(numbers) as Name[]).find((name) => numbers[name] === value);
}
