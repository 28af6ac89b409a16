import type { DescEnum, DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { create, ScalarType } from '@bufbuild/protobuf';
import type { ReflectList, ReflectMap } from '@bufbuild/protobuf/reflect';
import { reflect } from '@bufbuild/protobuf/reflect';

/**
 * Makes messages with every field set, from the descriptors alone, so that a field added to the schema can not be forgotten. The
 * values are made up but repeatable: they depend on the schema and on nothing else.
 */
export interface SampleOptions {
  /** Gives the value of a field that has rules of its own; `undefined` leaves it to the default rule. */
  override?: (field: DescField, ordinal: number) => unknown;
  /** Whether to leave the field unset. */
  skip?: (field: DescField) => boolean;
}

/** How many messages it takes to show every choice of every `oneof` and every value of every enum once. */
export function sampleCount(desc: DescMessage): number {
  const choices = desc.oneofs.map((oneof) => sum(oneof.fields.map(fieldSampleCount)));
  const single = desc.fields.filter((field) => field.oneof === undefined && field.fieldKind !== 'list');
  return Math.max(1, ...choices, ...single.map(fieldSampleCount));
}

/** All samples of a message type: see `sampleCount`. */
export function sampleMessages(desc: DescMessage, options: SampleOptions = {}): Message[] {
  const maker = new SampleMaker(options);
  return Array.from({ length: sampleCount(desc) }, (_, variant) => maker.message(desc, variant));
}

function fieldSampleCount(field: DescField): number {
  if (field.fieldKind === 'enum') {
    return setValues(field.enum).length;
  }
  if (field.fieldKind === 'message') {
    return field.message.typeName.startsWith('google.') ? 1 : sampleCount(field.message);
  }
  return 1;
}

/** The values that can be told from an unset field. */
function setValues(desc: DescEnum): number[] {
  return desc.values.map((value) => value.number).filter((number) => number !== 0);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

class SampleMaker {
  readonly #options: SampleOptions;
  #ordinal = 0;

  constructor(options: SampleOptions) {
    this.#options = options;
  }

  message(desc: DescMessage, variant: number): Message {
    const target = reflect(desc, create(desc));
    for (const field of desc.fields) {
      if (field.oneof === undefined && !this.#options.skip?.(field)) {
        this.#setField(target, field, variant);
      }
    }
    for (const oneof of desc.oneofs) {
      const choice = chooseField(oneof.fields, variant);
      if (choice !== undefined) {
        this.#setField(target, choice.field, choice.variant);
      }
    }
    return target.message;
  }

  #setField(target: ReturnType<typeof reflect>, field: DescField, variant: number): void {
    this.#ordinal += 1;
    const given = this.#options.override?.(field, this.#ordinal);
    if (given !== undefined) {
      target.set(field, given);
      return;
    }
    switch (field.fieldKind) {
      case 'list':
        this.#fillList(target.get(field), field);
        return;
      case 'map':
        this.#fillMap(target.get(field), field);
        return;
      case 'enum':
        target.set(field, at(setValues(field.enum), variant));
        return;
      case 'message':
        target.set(field, reflect(field.message, this.message(field.message, variant)));
        return;
      case 'scalar':
        target.set(field, this.#scalar(field.scalar, field.name));
    }
  }

  #fillList(list: ReflectList, field: DescField & { fieldKind: 'list' }): void {
    if (field.listKind === 'message') {
      for (let variant = 0; variant < sampleCount(field.message); variant++) {
        list.add(reflect(field.message, this.message(field.message, variant)));
      }
    } else if (field.listKind === 'scalar') {
      list.add(this.#scalar(field.scalar, field.name));
      this.#ordinal += 1;
      list.add(this.#scalar(field.scalar, field.name));
    } else {
      setValues(field.enum).forEach((value) => {
        list.add(value);
      });
    }
  }

  #fillMap(map: ReflectMap, field: DescField & { fieldKind: 'map' }): void {
    if (field.mapKind !== 'scalar' || field.mapKey !== ScalarType.STRING) {
      throw new Error(`${field.parent.typeName}.${field.name}: teach sample-message.ts this kind of map`);
    }
    // In the order of the keys: the one that serializers agree on when they are asked to be deterministic.
    for (const suffix of ['a', 'b']) {
      this.#ordinal += 1;
      map.set(`${field.name}.${suffix}`, this.#scalar(field.scalar, field.name));
    }
  }

  #scalar(type: ScalarType, name: string): unknown {
    switch (type) {
      case ScalarType.STRING:
        return `${name} ${this.#ordinal} ü€😀`;
      case ScalarType.BOOL:
        return true;
      case ScalarType.BYTES:
        return Uint8Array.of(0, this.#ordinal % 256, 255);
      case ScalarType.DOUBLE:
      case ScalarType.FLOAT:
        return this.#ordinal + 0.125;
      case ScalarType.UINT32:
      case ScalarType.INT32:
        return 300 + this.#ordinal;
      case ScalarType.UINT64:
      case ScalarType.INT64:
      case ScalarType.FIXED64:
        return 2n ** 40n + BigInt(this.#ordinal);
      default:
        throw new Error(`${name}: teach sample-message.ts the scalar type ${ScalarType[type]}`);
    }
  }
}

/** Spreads the variants over the choices of a `oneof`, each choice getting as many as its own content needs. */
function chooseField(fields: DescField[], variant: number): { field: DescField; variant: number } | undefined {
  let rest = variant % sum(fields.map(fieldSampleCount));
  for (const field of fields) {
    const count = fieldSampleCount(field);
    if (rest < count) {
      return { field, variant: rest };
    }
    rest -= count;
  }
  return undefined;
}

function at(values: number[], index: number): number {
  const value = values[index % values.length];
  if (value === undefined) {
    throw new Error('an enum without values');
  }
  return value;
}
