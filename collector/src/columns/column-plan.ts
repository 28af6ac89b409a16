import type { DescField, DescMessage } from '@bufbuild/protobuf';
import type { LoadColumn } from '@telemetry/warehouse';
import { WIRE_FIXED32, WIRE_FIXED64, WIRE_LENGTH_DELIMITED, WIRE_VARINT } from '../admission/message-rules.ts';
import { EVENTS, isCountName, type PlannedCounts, planCounts } from './column-counts.ts';
import {
  OPERATION_EVENT,
  OPERATION_MESSAGE,
  OPERATION_REFUSE,
  OPERATION_ROW,
  OPERATION_TEXT,
  OPERATION_WORD,
} from './column-layout.ts';
import { operationOf, type ValueField } from './column-operation.ts';
import { type ColumnType, type LeafType, parseColumnType } from './column-type.ts';
import type { PlannedChild, PlannedColumn, PlannedNode, PlannedOutput, PlannedRule, PlannedTable } from './planned.ts';

const WIRE_TYPES = [WIRE_VARINT, WIRE_FIXED64, WIRE_LENGTH_DELIMITED, WIRE_FIXED32];
const MAP_KEY_NUMBER = 1;
const MAP_VALUE_NUMBER = 2;
const KIND = `${EVENTS}.kind`;

/**
 * How messages of a schema become columns. A column's name is the path of its field: through a message that occurs once it is a value of the same row;
 * through one that occurs again and again, of a table that has some rows for each row of the one around it.
 */
export class ColumnPlan {
  readonly root: PlannedNode;
  readonly tables: PlannedTable[] = [];
  readonly nodes: PlannedNode[] = [];
  readonly outputs: readonly PlannedOutput[];
  readonly counts: PlannedCounts;
  readonly #children = new Map<PlannedNode, Map<DescField, MadeChild>>();

  /** Throws when a column has no field in the schema, or a type that does not fit it. */
  constructor(message: DescMessage, columns: readonly LoadColumn[]) {
    this.root = this.#newNode(this.#newTable());
    const isCounted = ({ name }: LoadColumn) => isCountName(name);
    const outputs = columns
      .filter((column) => !isCounted(column) && column.name !== KIND)
      .map(({ name, type }) => this.#output(message, name, parseColumnType(type)));
    this.counts = planCounts(this.root.table, outputs, columns.filter(isCounted));
    this.tables.push(this.counts.eventGroups.child.table, this.counts.featureGroups.child.table);
    this.outputs = [...outputs, ...this.counts.outputs, this.#planKind(message, columns)];
    this.#countEvents(message);
  }

  /** A column that says which payload an event has: its place among those of the `oneof`, from 1 on; 0 for none. */
  #planKind(message: DescMessage, columns: readonly LoadColumn[]): PlannedOutput {
    const declared = columns.find(({ name }) => name === KIND);
    const field = fieldOf(message, EVENTS);
    const { node, offsets } = this.#child(this.root, field);
    if (declared === undefined || offsets === undefined) throw new Error(`There is no column ${KIND}.`);
    const column: PlannedColumn = { kind: 'number', table: node.table, leaf: 'Int8' };
    node.table.columns.push(column);
    for (const [index, payload] of (messageOf(field).oneofs[0]?.fields ?? []).entries()) {
      const tag = (payload.number << 3) | WIRE_LENGTH_DELIMITED;
      const rule = node.rules.get(tag);
      if (rule?.inner !== undefined)
        node.rules.set(tag, { ...rule, inner: { ...rule.inner, kind: index + 1, kindColumn: column } });
    }
    return { name: KIND, type: parseColumnType(declared.type), offsets: [offsets], values: [column] };
  }

  /** Has the rule of events count them. */
  #countEvents(message: DescMessage): void {
    const tag = (fieldOf(message, EVENTS).number << 3) | WIRE_LENGTH_DELIMITED;
    const rule = this.root.rules.get(tag) as PlannedRule;
    this.root.rules.set(tag, { ...rule, operation: OPERATION_EVENT });
  }

  #output(message: DescMessage, name: string, type: ColumnType): PlannedOutput {
    const offsets: PlannedColumn[] = [];
    let node = this.root;
    let around = message;
    const path = name.split('.');
    const last = path.pop() as string;
    for (const step of path) {
      const field = fieldOf(around, step);
      const child = this.#child(node, field);
      if (child.offsets !== undefined) offsets.push(child.offsets);
      node = child.node;
      around = messageOf(field);
    }
    let inner = type;
    for (const _ of offsets) inner = innerOf(name, inner);
    const values = this.#values(node, fieldOf(around, last), inner, offsets);
    return { name, type, offsets, values };
  }

  #values(node: PlannedNode, field: DescField, type: ColumnType, offsets: PlannedColumn[]): PlannedColumn[] {
    if (type.kind === 'leaf' && (field.fieldKind === 'scalar' || field.fieldKind === 'enum'))
      return [this.#value(node, field, type.leaf)];
    if (type.kind !== 'map' || field.fieldKind !== 'map') throw new Error(`${field.name}: its column does not fit it.`);
    const child = this.#child(node, field);
    offsets.push(child.offsets as PlannedColumn);
    const key = { number: MAP_KEY_NUMBER, scalar: field.mapKey, name: field.name };
    const value = { number: MAP_VALUE_NUMBER, scalar: field.scalar, name: field.name };
    return [this.#value(child.node, key, type.key), this.#value(child.node, value, type.value)];
  }

  #value(node: PlannedNode, field: ValueField, leaf: LeafType): PlannedColumn {
    const { operation, wireType } = operationOf(field, leaf);
    const kind = operation === OPERATION_WORD ? 'word' : operation === OPERATION_TEXT ? 'text' : 'number';
    const column: PlannedColumn = { kind, table: node.table, leaf };
    node.table.columns.push(column);
    addRule(node, field.number, wireType, { operation, column });
    return column;
  }

  #child(node: PlannedNode, field: DescField): MadeChild {
    const children = this.#children.get(node) ?? new Map<DescField, MadeChild>();
    this.#children.set(node, children);
    const known = children.get(field);
    if (known !== undefined) return known;
    const isRow = field.fieldKind !== 'message';
    const inner = this.#newNode(isRow ? this.#newTable() : node.table);
    const child: PlannedChild | undefined = isRow
      ? { table: inner.table, offsets: { kind: 'number', table: node.table } }
      : undefined;
    if (child !== undefined) {
      node.table.columns.push(child.offsets);
      node.table.children.push(child);
    }
    const operation = child === undefined ? OPERATION_MESSAGE : OPERATION_ROW;
    addRule(node, field.number, WIRE_LENGTH_DELIMITED, { operation, inner: { node: inner, ...(child && { child }) } });
    const made = { node: inner, ...(child && { offsets: child.offsets }) };
    children.set(field, made);
    return made;
  }

  #newTable(): PlannedTable {
    const table: PlannedTable = { columns: [], children: [] };
    this.tables.push(table);
    return table;
  }

  #newNode(table: PlannedTable): PlannedNode {
    const node: PlannedNode = { table, rules: new Map() };
    this.nodes.push(node);
    return node;
  }
}

/** A message inside of another; with offsets when it is a row of a table of its own. */
interface MadeChild {
  readonly node: PlannedNode;
  readonly offsets?: PlannedColumn;
}

/** The rule of a field, and that of its other wire types: what came in one of these would be missing without a word. */
function addRule(node: PlannedNode, number: number, wireType: number, rule: PlannedRule): void {
  for (const other of WIRE_TYPES) node.rules.set((number << 3) | other, { operation: OPERATION_REFUSE });
  node.rules.set((number << 3) | wireType, rule);
}

function messageOf(field: DescField): DescMessage {
  if (field.message === undefined) throw new Error(`${field.name} is no message.`);
  return field.message;
}

function fieldOf(message: DescMessage, name: string): DescField {
  const field = message.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${message.typeName} has no field ${name}.`);
  return field;
}

function innerOf(name: string, type: ColumnType): ColumnType {
  if (type.kind !== 'array') throw new Error(`${name}: a field inside of one that is repeated is an array.`);
  return type.of;
}
