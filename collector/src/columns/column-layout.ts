// Where things lie in the memory of `column-memory.ts`, for both sides: `collector/assembly` is compiled with this file too, so it has whole numbers and
// no types.

/** What is done with a field, by its tag: nothing. */
export const OPERATION_SKIP = 0;
/** A varint, into a number of the row. */
export const OPERATION_VARINT = 1;
/** Eight bytes, into a number of the row. */
export const OPERATION_FIXED64 = 2;
/** A field that comes with the wire type of another. */
export const OPERATION_REFUSE = 3;
/** What has a size. Text, as the number that it has in a dictionary. */
export const OPERATION_WORD = 4;
/** Text or bytes, as they are. */
export const OPERATION_TEXT = 5;
/** A message whose fields belong to the same row. */
export const OPERATION_MESSAGE = 6;
/** A message that is a row of another table. */
export const OPERATION_ROW = 7;
/** An event: a row, which is counted. */
export const OPERATION_EVENT = 8;

/**
 * A message at a certain place of the schema: for each tag below `NODE_TAGS` the address of what its field is put into, 0 where there is nothing. What lies
 * there begins with the operation.
 */
export const NODE_SIZE_BYTES = 16;
export const NODE_RULES = 0;
export const NODE_TAGS = 4;
export const NODE_TABLE = 8;
export const RULE_SIZE_BYTES = 4;

/** A message inside of another. */
export const INNER_SIZE_BYTES = 16;
export const INNER_OPERATION = 0;
/** Of one in the same row: what is put into a column of numbers, to say that it came. */
export const INNER_KIND = 1;
export const INNER_KIND_COLUMN = 4;
export const INNER_NODE = 8;
/** Of one that is a row of another table: how it is tied to it. */
export const INNER_CHILD = 12;

/** Rows that grow together: their columns of numbers, their columns of texts, and the tables that have rows for each of them. */
export const TABLE_SIZE_BYTES = 32;
export const TABLE_ROWS = 0;
export const TABLE_CAPACITY = 4;
export const TABLE_NUMBERS = 8;
export const TABLE_NUMBER_COUNT = 12;
export const TABLE_TEXTS = 16;
export const TABLE_TEXT_COUNT = 20;
export const TABLE_CHILDREN = 24;
export const TABLE_CHILD_COUNT = 28;

/** A table of which each row of another has some rows in a run, and the column in which it is noted where the run ends. */
export const CHILD_SIZE_BYTES = 16;
export const CHILD_TABLE = 0;
export const CHILD_OFFSETS = 4;
export const CHILD_PARENT = 8;

/**
 * A column. Of numbers: as many bytes a row as the largest so far needs, a power of two. Of texts: as the engine has them, size and bytes. What each value
 * needs comes first.
 */
export const COLUMN_SIZE_BYTES = 48;
export const COLUMN_OPERATION = 0;
export const COLUMN_BASE = 4;
/** Of numbers: the largest that has room, and the power of two. */
export const COLUMN_NUMBER_MAX = 8;
export const COLUMN_SHIFT = 16;
export const COLUMN_DICTIONARY = 20;
/** Of texts. */
export const COLUMN_USED_SIZE_BYTES = 24;
/** Of texts and offsets: rows for which there is a value. It is caught up with late: what rows without one have is written for many at once. */
export const COLUMN_NOTED_ROWS = 28;
export const COLUMN_CAPACITY_SIZE_BYTES = 32;
export const COLUMN_SHIFT_MIN = 36;
export const COLUMN_TABLE = 40;
/** Of numbers of eight bytes. */
export const SHIFT_MAX = 3;

/** The words of a column, each once as a rule. */
export const DICTIONARY_SIZE_BYTES = 32;
export const DICTIONARY_SLOTS = 0;
export const DICTIONARY_SLOT_COUNT = 4;
export const DICTIONARY_ENTRIES = 8;
export const DICTIONARY_ENTRY_CAPACITY = 12;
export const DICTIONARY_ENTRY_COUNT = 16;
/** A column of texts. */
export const DICTIONARY_TEXTS = 20;
/** Slots of the words that came last, of up to 16 bytes, which two numbers hold whole: 128, each with these, the size, and the number and one more. */
export const DICTIONARY_SHORT_SLOTS = 24;
export const SHORT_SLOTS_SIZE_BYTES = 128 * 32;
export const SHORT_SLOT_SIZE_BYTES = 32;
export const SHORT_SLOT_FIRST = 0;
export const SHORT_SLOT_LAST = 8;
export const SHORT_SLOT_WORD_SIZE_BYTES = 16;
export const SHORT_SLOT_NUMBER = 24;
/** A slot: hash and number of the entry and one more, 0 for none. An entry: where its text begins in the texts, and its size. */
export const SLOT_SIZE_BYTES = 8;
export const ENTRY_SIZE_BYTES = 8;

/** What is counted of events: where it is found, and the groups. Each number is an address. */
export const COUNTS_SIZE_BYTES = 68;
export const COUNTS_EVENT_NAME = 0;
export const COUNTS_EVENT_TIER = 4;
export const COUNTS_EVENT_TIME = 8;
export const COUNTS_EVENT_FEATURE = 12;
export const COUNTS_EVENT_USE_COUNT = 16;
export const COUNTS_EVENT_GROUPS = 20;
export const COUNTS_FEATURE_GROUPS = 44;
/** Groups: how their table is tied to that of batches, its columns, and slots by which they are found. */
export const GROUPS_CHILD = 0;
export const GROUPS_WORD = 4;
export const GROUPS_DAY = 8;
/** The tier, of events; the sum of the uses, of features. */
export const GROUPS_THIRD = 12;
export const GROUPS_EVENTS = 16;
export const GROUPS_SLOTS = 20;
/** A power of two. A slot has the last group of a word: what tells it from others, and its row. */
export const GROUP_SLOTS = 1024;
export const GROUP_SLOT_SIZE_BYTES = 32;
export const GROUP_SLOT_BATCH = 0;
export const GROUP_SLOT_WORD = 4;
export const GROUP_SLOT_ROW = 8;
export const GROUP_SLOT_DAY = 16;
export const GROUP_SLOT_TIER = 24;
