import { type DescMessage, equals, fromBinary, type Message } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { type SealedBatch, SealedBatchSchema } from '@telemetry/gen';
import type { GoldenCase } from './golden-case.ts';
import { openSealed } from './open-sealed.ts';
import { goldenRegistry } from './registry.ts';

/**
 * Whether the code of today makes that golden file. Compressed bytes are compared by what is in them: another version of zlib may
 * compress in another way.
 */
export function sameGolden(golden: GoldenCase, bytes: Uint8Array): boolean {
  if (Buffer.compare(golden.bytes, bytes) === 0) {
    return true;
  }
  const options = { registry: goldenRegistry, unpackAny: true, unknown: true };
  return equals(golden.schema, opened(golden.schema, golden.bytes), opened(golden.schema, bytes), options);
}

function opened(schema: DescMessage, bytes: Uint8Array): Message {
  const message = fromBinary(schema, bytes);
  openAll(schema, message);
  return message;
}

/** Replaces the bytes of every sealed batch inside by what they hold. */
function openAll(schema: DescMessage, message: Message): void {
  if (schema.typeName === SealedBatchSchema.typeName) {
    const sealed = message as SealedBatch;
    sealed.bytes = openSealed(sealed);
    return;
  }
  const target = reflect(schema, message);
  for (const field of schema.fields) {
    if (!target.isSet(field)) {
      continue;
    }
    if (field.fieldKind === 'message') {
      openAll(field.message, target.get(field).message);
    } else if (field.fieldKind === 'list' && field.listKind === 'message') {
      for (const item of target.get(field)) {
        openAll(field.message, (item as ReturnType<typeof reflect>).message);
      }
    }
  }
}
