import type { PlannedCounts, PlannedGroups } from './column-counts.ts';
import {
  CHILD_OFFSETS,
  CHILD_PARENT,
  CHILD_SIZE_BYTES,
  CHILD_TABLE,
  COLUMN_DICTIONARY,
  COLUMN_OPERATION,
  COLUMN_SHIFT_MIN,
  COLUMN_SIZE_BYTES,
  COLUMN_TABLE,
  COUNTS_EVENT_FEATURE,
  COUNTS_EVENT_GROUPS,
  COUNTS_EVENT_NAME,
  COUNTS_EVENT_TIER,
  COUNTS_EVENT_TIME,
  COUNTS_EVENT_USE_COUNT,
  COUNTS_FEATURE_GROUPS,
  COUNTS_SIZE_BYTES,
  DICTIONARY_SHORT_SLOTS,
  DICTIONARY_SIZE_BYTES,
  DICTIONARY_TEXTS,
  GROUP_SLOT_SIZE_BYTES,
  GROUP_SLOTS,
  GROUPS_CHILD,
  GROUPS_DAY,
  GROUPS_EVENTS,
  GROUPS_SLOTS,
  GROUPS_THIRD,
  GROUPS_WORD,
  INNER_CHILD,
  INNER_KIND,
  INNER_KIND_COLUMN,
  INNER_NODE,
  INNER_OPERATION,
  INNER_SIZE_BYTES,
  NODE_RULES,
  NODE_SIZE_BYTES,
  NODE_TABLE,
  NODE_TAGS,
  OPERATION_REFUSE,
  RULE_SIZE_BYTES,
  SHIFT_MAX,
  SHORT_SLOTS_SIZE_BYTES,
  TABLE_CHILD_COUNT,
  TABLE_CHILDREN,
  TABLE_NUMBER_COUNT,
  TABLE_NUMBERS,
  TABLE_SIZE_BYTES,
  TABLE_TEXT_COUNT,
  TABLE_TEXTS,
} from './column-layout.ts';
import type { ColumnPlan } from './column-plan.ts';
import type { PlannedColumn, PlannedNode, PlannedRule, PlannedTable } from './planned.ts';

/** Where everything that is planned lies. */
export class ColumnAddresses {
  readonly addresses = new Map<object, number>();
  readonly dictionaries = new Map<PlannedColumn, { at: number; texts: number; shortSlots: number }>();
  readonly dictionariesAt: number;
  readonly #plan: ColumnPlan;
  readonly #rulesAt = new Map<PlannedNode, number>();
  readonly #refusalAt: number;
  readonly #eventSlotsAt: number;
  readonly #featureSlotsAt: number;
  #end = 0;

  constructor(plan: ColumnPlan) {
    this.#plan = plan;
    for (const node of plan.nodes) this.#rulesAt.set(node, this.#place(tagsOf(node) * RULE_SIZE_BYTES));
    for (const node of plan.nodes) {
      this.addresses.set(node, this.#place(NODE_SIZE_BYTES));
      for (const { inner } of node.rules.values())
        if (inner !== undefined) this.addresses.set(inner, this.#place(INNER_SIZE_BYTES));
    }
    this.#refusalAt = this.#place(INNER_SIZE_BYTES);
    for (const table of plan.tables) this.addresses.set(table, this.#place(TABLE_SIZE_BYTES));
    for (const table of plan.tables) {
      for (const column of [...numbersOf(table), ...textsOf(table)])
        this.addresses.set(column, this.#place(COLUMN_SIZE_BYTES));
      for (const child of table.children) this.addresses.set(child, this.#place(CHILD_SIZE_BYTES));
    }
    const words = plan.tables.flatMap((table) => table.columns.filter(hasDictionary));
    this.dictionariesAt = this.#end;
    for (const column of words)
      this.dictionaries.set(column, { at: this.#place(DICTIONARY_SIZE_BYTES), texts: 0, shortSlots: 0 });
    for (const dictionary of this.dictionaries.values()) {
      dictionary.texts = this.#place(COLUMN_SIZE_BYTES);
      dictionary.shortSlots = this.#place(SHORT_SLOTS_SIZE_BYTES);
    }
    this.addresses.set(plan.counts, this.#place(COUNTS_SIZE_BYTES));
    this.#eventSlotsAt = this.#place(GROUP_SLOTS * GROUP_SLOT_SIZE_BYTES);
    this.#featureSlotsAt = this.#place(GROUP_SLOTS * GROUP_SLOT_SIZE_BYTES);
  }

  get sizeBytes(): number {
    return this.#end;
  }

  /** Writes all but what is zero. */
  write(view: DataView): void {
    view.setUint8(this.#refusalAt + INNER_OPERATION, OPERATION_REFUSE);
    for (const node of this.#plan.nodes) this.#writeNode(view, node);
    for (const table of this.#plan.tables) this.#writeTable(view, table);
    for (const [column, { at, texts, shortSlots }] of this.dictionaries) {
      view.setUint32(this.#addressOf(column) + COLUMN_DICTIONARY, at, true);
      view.setUint32(at + DICTIONARY_TEXTS, texts, true);
      view.setUint32(at + DICTIONARY_SHORT_SLOTS, shortSlots, true);
    }
    this.#writeCounts(view, this.#plan.counts);
  }

  #writeCounts(view: DataView, counts: PlannedCounts): void {
    const at = this.#addressOf(counts);
    const write = (offset: number, item: object) => view.setUint32(at + offset, this.#addressOf(item), true);
    write(COUNTS_EVENT_NAME, counts.name);
    write(COUNTS_EVENT_TIER, counts.tier);
    write(COUNTS_EVENT_TIME, counts.time);
    write(COUNTS_EVENT_FEATURE, counts.feature);
    write(COUNTS_EVENT_USE_COUNT, counts.useCount);
    this.#writeGroups(view, at + COUNTS_EVENT_GROUPS, counts.eventGroups, this.#eventSlotsAt);
    this.#writeGroups(view, at + COUNTS_FEATURE_GROUPS, counts.featureGroups, this.#featureSlotsAt);
  }

  #writeGroups(view: DataView, at: number, groups: PlannedGroups, slotsAt: number): void {
    view.setUint32(at + GROUPS_CHILD, this.#addressOf(groups.child), true);
    view.setUint32(at + GROUPS_WORD, this.#addressOf(groups.word), true);
    view.setUint32(at + GROUPS_DAY, this.#addressOf(groups.day), true);
    view.setUint32(at + GROUPS_THIRD, this.#addressOf(groups.third), true);
    view.setUint32(at + GROUPS_EVENTS, this.#addressOf(groups.events), true);
    view.setUint32(at + GROUPS_SLOTS, slotsAt, true);
  }

  #writeNode(view: DataView, node: PlannedNode): void {
    const address = this.#addressOf(node);
    const rulesAt = this.#rulesAt.get(node) as number;
    view.setUint32(address + NODE_TAGS, tagsOf(node), true);
    view.setUint32(address + NODE_RULES, rulesAt, true);
    view.setUint32(address + NODE_TABLE, this.#addressOf(node.table), true);
    for (const [tag, rule] of node.rules)
      view.setUint32(rulesAt + tag * RULE_SIZE_BYTES, this.#writeRule(view, rule), true);
  }

  /** Writes what belongs to a rule, and returns its address. */
  #writeRule(view: DataView, { operation, column, inner }: PlannedRule): number {
    if (column !== undefined) {
      view.setUint8(this.#addressOf(column) + COLUMN_OPERATION, operation);
      return this.#addressOf(column);
    }
    if (inner === undefined) return this.#refusalAt;
    const at = this.#addressOf(inner);
    view.setUint8(at + INNER_OPERATION, operation);
    view.setUint32(at + INNER_NODE, this.#addressOf(inner.node), true);
    if (inner.child !== undefined) view.setUint32(at + INNER_CHILD, this.#addressOf(inner.child), true);
    if (inner.kind !== undefined && inner.kindColumn !== undefined) {
      view.setUint8(at + INNER_KIND, inner.kind);
      view.setUint32(at + INNER_KIND_COLUMN, this.#addressOf(inner.kindColumn), true);
    }
    return at;
  }

  #writeTable(view: DataView, table: PlannedTable): void {
    const address = this.#addressOf(table);
    const numbers = numbersOf(table);
    const texts = textsOf(table);
    view.setUint32(address + TABLE_NUMBERS, this.#firstOf(numbers), true);
    view.setUint32(address + TABLE_NUMBER_COUNT, numbers.length, true);
    view.setUint32(address + TABLE_TEXTS, this.#firstOf(texts), true);
    view.setUint32(address + TABLE_TEXT_COUNT, texts.length, true);
    for (const column of [...numbers, ...texts]) {
      view.setUint32(this.#addressOf(column) + COLUMN_TABLE, address, true);
      // Doubles and offsets have eight bytes, whatever their value, and what is added to.
      const isWide = column.leaf === undefined || column.leaf === 'Float64' || column.isSum === true;
      view.setUint32(this.#addressOf(column) + COLUMN_SHIFT_MIN, isWide ? SHIFT_MAX : 0, true);
    }
    view.setUint32(address + TABLE_CHILDREN, this.#firstOf(table.children), true);
    view.setUint32(address + TABLE_CHILD_COUNT, table.children.length, true);
    for (const child of table.children) {
      const at = this.#addressOf(child);
      view.setUint32(at + CHILD_TABLE, this.#addressOf(child.table), true);
      view.setUint32(at + CHILD_OFFSETS, this.#addressOf(child.offsets), true);
      view.setUint32(at + CHILD_PARENT, address, true);
    }
  }

  #firstOf(items: readonly object[]): number {
    return items[0] === undefined ? 0 : this.#addressOf(items[0]);
  }

  #addressOf(item: object): number {
    return this.addresses.get(item) as number;
  }

  /** Each at a multiple of eight. */
  #place(sizeBytes: number): number {
    const at = this.#end;
    this.#end = Math.ceil((at + sizeBytes) / 8) * 8;
    return at;
  }
}

/** Words are numbers. */
function numbersOf(table: PlannedTable): PlannedColumn[] {
  return table.columns.filter(({ kind }) => kind !== 'text');
}

function textsOf(table: PlannedTable): PlannedColumn[] {
  return table.columns.filter(({ kind }) => kind === 'text');
}

function hasDictionary({ kind, wordsOf }: PlannedColumn): boolean {
  return kind === 'word' && wordsOf === undefined;
}

/** Tags below this have a rule. */
function tagsOf({ rules }: PlannedNode): number {
  return Math.max(0, ...rules.keys()) + 1;
}
