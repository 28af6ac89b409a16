import { database } from '../migrations/database.ts';
import { loadSchemaMessageName, loadSchemaText } from './load-schema.ts';

/** What one load differs in from another. */
export interface LoadOptions {
  /**
   * Names the bytes to be loaded: the id of the segment. A second load with the same token changes nothing, whatever became of the
   * first. Never give the token of one segment to other bytes: they would be dropped without a word. 1 to 128 of `A-Z a-z 0-9 . _ -`.
   */
  readonly token: string;
  /**
   * What the body holds. `messages`, the default: length-delimited `EventBatch` messages, compressed by gzip in one or more members. `columns`: blocks of
   * ClickHouse's format Native with the columns of `loadColumns`, plain. A segment is loaded in the same form each time: each has tokens of its own.
   */
  readonly form?: LoadForm;
  /** Longest run of the load on the server, in seconds. Default {@link loadTimeLimitS}. */
  readonly timeLimitS?: number;
}

/** What the body of a load holds. */
export type LoadForm = 'columns' | 'messages';

/** A load is over after so long, one way or the other: two minutes, a hundred times what a 10 MB segment takes. */
export const loadTimeLimitS = 120;

/**
 * What fixes how the rows of a segment are cut into blocks. Deduplication knows a load by its token and the number of the block, so a
 * retry must be cut the same way. Therefore one thread reads and writes, and these bounds stand in the statement instead of being left to
 * the server. They are never changed while segments of an earlier version may be waiting.
 *
 * A usual segment is one block: 10 MB packed hold up to about 40,000 batches and 60 MB of columns. A larger one is cut where the block
 * has reached 256 MB, which bounds the memory of a load.
 */
const blockSettings = [
  'input_format_parallel_parsing = 0',
  'max_insert_threads = 1',
  'parallel_view_processing = 0',
  'max_insert_block_size = 1048576',
  'min_insert_block_size_rows = 1048576',
  'min_insert_block_size_bytes = 268435456',
];

const formatSettings = [
  "format_schema_source = 'string'",
  `format_schema = '${loadSchemaText}'`,
  `format_schema_message_name = '${loadSchemaMessageName}'`,
];

const tokenPattern = /^[A-Za-z0-9._-]{1,128}$/;

const forms = {
  messages: { table: 'intake', format: 'Protobuf', settings: formatSettings },
  columns: { table: 'intake_columns', format: 'Native', settings: [] },
};

/**
 * The statement that loads a segment. All settings are in the text, since settings of a connection would stay on it and leak into the next insert.
 *
 * Sent with `@clickhouse/client` as `client.exec({ query: loadStatement({ token }), values: stream, http_headers:
 * { 'content-encoding': 'gzip' } })`; columns without the header.
 *
 * @throws RangeError when the token or the time limit is not as described.
 */
export function loadStatement({ token, form = 'messages', timeLimitS = loadTimeLimitS }: LoadOptions): string {
  if (!tokenPattern.test(token)) {
    throw new RangeError(
      `token: ${JSON.stringify(token)} is not 1 to 128 characters of A-Z a-z 0-9 . _ -; give the segment's id`,
    );
  }
  if (!Number.isInteger(timeLimitS) || timeLimitS < 1) {
    throw new RangeError(`timeLimitS: ${timeLimitS} is not a whole number of seconds, at least 1`);
  }
  const { table, format, settings } = forms[form];
  const all = [
    `insert_deduplication_token = '${token}'`,
    'insert_deduplicate = 1',
    'deduplicate_blocks_in_dependent_materialized_views = 1',
    `max_execution_time = ${timeLimitS}`,
    'async_insert = 0',
    ...settings,
    // No mix of events may be refused; how many partitions an insert can touch is bounded by the partition keys, see `events.ts`.
    'max_partitions_per_insert_block = 0',
    ...blockSettings,
  ];
  return `INSERT INTO ${database}.${table} SETTINGS ${all.join(', ')} FORMAT ${format}`;
}

/**
 * The statement that reads batches as a load does, and stores none: what it refuses, a load cannot read. Sent like `loadStatement`.
 *
 * @param timeLimitS longest run on the server, a whole number of seconds
 */
export function probeStatement(form: LoadForm = 'messages', timeLimitS = loadTimeLimitS): string {
  const { table, format, settings } = forms[form];
  const all = [`max_execution_time = ${timeLimitS}`, 'async_insert = 0', ...settings, ...blockSettings];
  return `INSERT INTO ${database}.${table}_probe SETTINGS ${all.join(', ')} FORMAT ${format}`;
}
