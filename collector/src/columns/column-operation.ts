import { type DescField, ScalarType } from '@bufbuild/protobuf';
import { WIRE_FIXED64, WIRE_LENGTH_DELIMITED, WIRE_VARINT } from '../admission/message-rules.ts';
import { OPERATION_FIXED64, OPERATION_TEXT, OPERATION_VARINT, OPERATION_WORD } from './column-layout.ts';
import { isWhole, type LeafType } from './column-type.ts';

/** What is needed of a field that has a value. */
export type ValueField = Pick<DescField, 'number' | 'name'> & {
  readonly scalar?: ScalarType | undefined;
  readonly enum?: unknown;
};

/** What is done with a field whose values go into a column of a type. Throws when none can be made of it. */
export function operationOf(field: ValueField, leaf: LeafType): { operation: number; wireType: number } {
  const { scalar } = field;
  if (scalar === ScalarType.STRING || scalar === ScalarType.BYTES) {
    const operation = leaf === 'LowCardinality(String)' ? OPERATION_WORD : OPERATION_TEXT;
    if (operation === OPERATION_WORD || leaf === 'String') return { operation, wireType: WIRE_LENGTH_DELIMITED };
  }
  const isDouble = scalar === ScalarType.DOUBLE;
  if (isDouble === (leaf === 'Float64') && (isDouble || scalar === ScalarType.FIXED64))
    return { operation: OPERATION_FIXED64, wireType: WIRE_FIXED64 };
  const isVarint =
    field.enum !== undefined ||
    scalar === ScalarType.BOOL ||
    scalar === ScalarType.INT32 ||
    scalar === ScalarType.INT64 ||
    scalar === ScalarType.UINT32 ||
    scalar === ScalarType.UINT64;
  if (isVarint && isWhole(leaf)) return { operation: OPERATION_VARINT, wireType: WIRE_VARINT };
  throw new Error(`${field.name}: no column of type ${leaf} can be made of this field.`);
}
