import type { DescEnum, DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { fromBinary } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { EventBatchSchema, type SealedBatch, SealedBatchSchema } from '@telemetry/gen';
import { openSealed } from './open-sealed.ts';
import { protocolFiles } from './registry.ts';

/** All that the schema can say: every field, and every value of every enum but its zero, which looks like an unset field. */
export function schemaElements(): Set<string> {
  const elements = new Set<string>();
  for (const file of protocolFiles) {
    for (const message of file.messages) {
      message.fields.forEach((field) => {
        elements.add(fieldElement(field));
      });
    }
    for (const desc of file.enums) {
      desc.values
        .filter((value) => value.number !== 0)
        .forEach((value) => {
          elements.add(valueElement(desc, value.number));
        });
    }
  }
  return elements;
}

/** Adds what a message says to `seen`, what is sealed in it included. */
export function addElements(schema: DescMessage, message: Message, seen: Set<string>): void {
  addReflected(reflect(schema, message), seen);
}

function addReflected(target: ReflectMessage, seen: Set<string>): void {
  if (target.desc.typeName === SealedBatchSchema.typeName) {
    addElements(EventBatchSchema, fromBinary(EventBatchSchema, openSealed(target.message as SealedBatch)), seen);
  }
  for (const field of target.fields) {
    if (target.isSet(field)) {
      seen.add(fieldElement(field));
      addValues(target, field, seen);
    }
  }
}

function addValues(target: ReflectMessage, field: DescField, seen: Set<string>): void {
  if (field.fieldKind === 'enum') {
    seen.add(valueElement(field.enum, target.get(field)));
  } else if (field.fieldKind === 'message') {
    addReflected(target.get(field), seen);
  } else if (field.fieldKind === 'list' && field.listKind === 'message') {
    for (const item of target.get(field)) {
      addReflected(item as ReflectMessage, seen);
    }
  }
}

function fieldElement(field: DescField): string {
  return `${field.parent.typeName}.${field.name}`;
}

function valueElement(desc: DescEnum, number: number): string {
  return `${desc.typeName} = ${number}`;
}
