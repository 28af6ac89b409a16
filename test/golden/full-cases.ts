import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { EventBatchSchema } from '@telemetry/gen';
import { goldenProducerId, goldenTimeUnixUs } from './batch-cases.ts';
import { canonicalCase, type GoldenCase } from './golden-case.ts';
import { sealedIdentity } from './publish-cases.ts';
import { protocolFiles } from './registry.ts';
import { type SampleOptions, sampleMessages } from './sample-message.ts';

/**
 * Raise it when the schema has grown: the files of the earlier generations stay as they are, for what was sent once must be read
 * for ever, and new ones hold the new fields too.
 */
const generation = 1;

/** First field number that belongs to the collector in `EventBatch`. */
const collectorFieldNumberMin = 100;

/** Every field of every message that travels, set: the parameters and results of all calls, and the batch as it is stored. */
export function fullCases(): GoldenCase[] {
  const travelling = protocolFiles
    .flatMap((file) => file.services)
    .flatMap((service) => service.methods)
    .flatMap((method) => [method.input, method.output]);
  return [
    ...[EventBatchSchema, ...travelling].flatMap((schema) => casesOf(schema, kebab(schema.name), isCollectorField)),
    ...casesOf(EventBatchSchema, 'event-batch-as-stored', () => false),
  ];
}

function casesOf(schema: DescMessage, name: string, skip: (field: DescField) => boolean): GoldenCase[] {
  const samples = sampleMessages(schema, { override: plausibleValue, skip });
  // One file for each choice at the top; what varies further inside is shown by the messages that hold lists of it.
  const shown = schema.oneofs.length > 0 || schema === EventBatchSchema ? samples : samples.slice(0, 1);
  return shown.map((message, index) => canonicalCase(`full-${name}-${index + 1}.g${generation}`, schema, message));
}

function isCollectorField(field: DescField): boolean {
  return field.parent.typeName === EventBatchSchema.typeName && field.number >= collectorFieldNumberMin;
}

/** Values with which a batch keeps the rules of the specification, so that the file serves end-to-end tests too. */
const plausibleValue: NonNullable<SampleOptions['override']> = (field, ordinal) => {
  switch (`${field.parent.name}.${field.name}`) {
    case 'EventBatch.producer_id':
      return goldenProducerId;
    case 'Event.seq':
    case 'DroppedRange.first_seq':
      return BigInt(ordinal);
    case 'DroppedRange.last_seq':
      return BigInt(ordinal) - 1n;
    case 'Event.time_unix_us':
    case 'Session.start_time_unix_us':
    case 'EventBatch.received_time_unix_us':
      return goldenTimeUnixUs + BigInt(ordinal);
    case 'SealedBatch.bytes':
      return sealedIdentity.bytes;
    case 'SealedBatch.encoding':
      return sealedIdentity.encoding;
    case 'Blacklist.api_version':
      return 1;
    case 'Duration.seconds':
      return BigInt(ordinal);
    case 'Timestamp.seconds':
      return goldenTimeUnixUs / 1_000_000n + BigInt(ordinal);
    case 'Duration.nanos':
    case 'Timestamp.nanos':
      return ((ordinal % 999) + 1) * 1_000_000;
    default:
      return undefined;
  }
};

function kebab(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}
