import { type WasmMemory, webAssembly } from '../admission/web-assembly.ts';
import { ColumnAddresses } from './column-addresses.ts';
import {
  COLUMN_BASE,
  COLUMN_SHIFT,
  COLUMN_USED_SIZE_BYTES,
  DICTIONARY_ENTRY_COUNT,
  TABLE_ROWS,
} from './column-layout.ts';
import type { ColumnPlan } from './column-plan.ts';
import { encodeColumnsModule } from './encode-columns-module.ts';
import type { PlannedColumn, PlannedTable } from './planned.ts';

const PAGE_SIZE_BYTES = 65_536;
/** Bytes that may be read behind the last one, and are not looked at. */
const READ_AHEAD_SIZE_BYTES = 8;

interface Functions {
  begin(
    root: number,
    tables: number,
    tableCount: number,
    dictionaries: number,
    dictionaryCount: number,
    counts: number,
    free: number,
  ): void;
  clear(): void;
  add(start: number, end: number): number;
  finish(): void;
}

/** The memory in which `assembly/encode-columns.ts` works: what is to be done, the columns, and room for the bytes that are encoded. It grows. */
export class ColumnMemory {
  readonly wasm: WasmMemory;
  readonly functions: Functions;
  readonly #roomSizeBytes: number;
  readonly #roomAt: number;
  readonly #addresses: Map<object, number>;
  readonly #dictionaries: ReadonlyMap<PlannedColumn, { readonly at: number; readonly texts: number }>;
  #view: DataView;

  /** @param roomSizeBytes for the bytes that are encoded */
  constructor(plan: ColumnPlan, roomSizeBytes: number, pagesMax: number) {
    const layout = new ColumnAddresses(plan);
    this.#roomAt = layout.sizeBytes;
    this.#roomSizeBytes = roomSizeBytes;
    this.#addresses = layout.addresses;
    this.#dictionaries = layout.dictionaries;
    const free = this.#roomAt + roomSizeBytes + READ_AHEAD_SIZE_BYTES;
    this.wasm = new webAssembly.Memory({ initial: Math.ceil(free / PAGE_SIZE_BYTES), maximum: pagesMax });
    this.#view = new DataView(this.wasm.buffer);
    layout.write(this.#view);
    const { exports } = new webAssembly.Instance(encodeColumnsModule, { env: { memory: this.wasm } });
    this.functions = exports as Functions;
    const at = (item: object) => this.#addresses.get(item) as number;
    this.functions.begin(
      at(plan.root),
      at(plan.tables[0] as PlannedTable),
      plan.tables.length,
      layout.dictionariesAt,
      layout.dictionaries.size,
      at(plan.counts),
      free,
    );
  }

  /** Bytes that it has. */
  get sizeBytes(): number {
    return this.wasm.buffer.byteLength;
  }

  get roomAt(): number {
    return this.#roomAt;
  }

  /** Where bytes to be encoded are put. Another one when the memory has grown. */
  room(): Uint8Array {
    return Buffer.from(this.wasm.buffer, this.#roomAt, this.#roomSizeBytes);
  }

  rowsOf(table: PlannedTable): number {
    return this.#uint32(table, TABLE_ROWS);
  }

  /** Numbers of a column, and how many bytes each has: 1, 2, 4 or 8. A view, valid until the memory is used again. */
  numbersOf(column: PlannedColumn): { readonly width: number; readonly bytes: Uint8Array } {
    const width = 1 << this.#uint32(column, COLUMN_SHIFT);
    const bytes = Buffer.from(this.wasm.buffer, this.#uint32(column, COLUMN_BASE), this.rowsOf(column.table) * width);
    return { width, bytes };
  }

  /** Texts of a column. A view. */
  textsOf(column: PlannedColumn): Uint8Array {
    return this.#textsAt(this.#addressOf(column));
  }

  /** The words of a column, and how many there are. A view. */
  wordsOf(column: PlannedColumn): { readonly count: number; readonly texts: Uint8Array } {
    const dictionary = this.#dictionaries.get(column) as { at: number; texts: number };
    const count = this.#memory().getUint32(dictionary.at + DICTIONARY_ENTRY_COUNT, true);
    return { count, texts: this.#textsAt(dictionary.texts) };
  }

  #textsAt(address: number): Uint8Array {
    const view = this.#memory();
    const base = view.getUint32(address + COLUMN_BASE, true);
    return Buffer.from(this.wasm.buffer, base, view.getUint32(address + COLUMN_USED_SIZE_BYTES, true));
  }

  #uint32(item: object, offset: number): number {
    return this.#memory().getUint32(this.#addressOf(item) + offset, true);
  }

  #addressOf(item: object): number {
    return this.#addresses.get(item) as number;
  }

  /** When the memory grows it becomes another buffer. */
  #memory(): DataView {
    if (this.#view.buffer !== this.wasm.buffer) this.#view = new DataView(this.wasm.buffer);
    return this.#view;
  }
}
