/*
 * What a reader's statement may be made of. What is not named here is refused: kinds of nodes, table functions, databases, tables of
 * `system`, settings. Scalar functions are the exception, since there are 1,800 harmless ones; of those, what reaches beyond the data is
 * named, and a test fails when another version of the engine brings functions that nobody has looked at.
 */

/** Statements, by the kind of their node. */
export const READER_STATEMENTS: ReadonlySet<string> = new Set([
  'SelectWithUnionQuery',
  'SelectIntersectExceptQuery',
  'DescribeQuery',
  'Explain',
  'ShowTables',
  'ShowColumns',
  'ShowFunctions',
  'ShowSetting',
  'ShowCreateTableQuery',
  'ShowCreateViewQuery',
  'ShowCreateDatabaseQuery',
  'ExistsTableQuery',
  'ExistsViewQuery',
  'ExistsDatabaseQuery',
]);

/** What `SHOW` may show, by the word behind it: the engine's tree has one node for many of them. */
export const READER_SHOWS: ReadonlySet<string> = new Set([
  'TABLES',
  'FULL',
  'DATABASES',
  'COLUMNS',
  'INDEXES',
  'FUNCTIONS',
  'SETTINGS',
  'SETTING',
  'CREATE',
]);

/** What `EXPLAIN` may explain. Not `TABLE OVERRIDE`, which connects to other servers. */
export const READER_EXPLAINS: ReadonlySet<string> = new Set([
  'EXPLAIN',
  'EXPLAIN AST',
  'EXPLAIN SYNTAX',
  'EXPLAIN QUERY TREE',
  'EXPLAIN PIPELINE',
  'EXPLAIN ESTIMATE',
]);

/** Nodes inside of statements. `ColumnsApplyTransformer` is not among them: it hides the name of the function that it applies. */
export const READER_NODES: ReadonlySet<string> = new Set([
  'SelectWithUnionQuery',
  'SelectIntersectExceptQuery',
  'SelectQuery',
  'ExpressionList',
  'Identifier',
  'TableIdentifier',
  'Function',
  'Literal',
  // Settings; `readonly=1` lets none be changed.
  'Set',
  'Asterisk',
  'QualifiedAsterisk',
  'ColumnsRegexpMatcher',
  'QualifiedColumnsRegexpMatcher',
  'ColumnsListMatcher',
  'QualifiedColumnsListMatcher',
  'ColumnsTransformerList',
  'ColumnsExceptTransformer',
  'ColumnsReplaceTransformer',
  'ColumnsReplaceTransformer::Replacement',
  'TablesInSelectQuery',
  'TablesInSelectQueryElement',
  'TableExpression',
  'TableJoin',
  'ArrayJoin',
  'SampleRatio',
  'Subquery',
  'WithElement',
  'WindowDefinition',
  'WindowListElement',
  'OrderByElement',
  'InterpolateElement',
]);

/** Table functions that make rows of nothing but their arguments. */
export const READER_TABLE_FUNCTIONS: ReadonlySet<string> = new Set([
  'generaterandom',
  'generateseries',
  'generate_series',
  'null',
  'numbers',
  'numbers_mt',
  'sqlstandardvalues',
  'values',
  // What it selects from is looked at as well.
  'view',
  'zeros',
  'zeros_mt',
]);

/** Table functions whose name a harmless scalar function has too: refused as tables only. */
export const SCALAR_NAMESAKES: ReadonlySet<string> = new Set(['format']);

/** Scalar functions that reach beyond the data, in lower case. */
export const DENIED_FUNCTIONS: ReadonlySet<string> = new Set([
  // Read files of the machine.
  'file',
  'filesystemavailable',
  'filesystemcapacity',
  'filesystemunreserved',
  'showcertificate',
  'naivebayesclassifier',
  'naivebayesclassifierwithallprobs',
  'naivebayesclassifierwithprob',
  'naivebayesngrams',
  // Load code, or look into the process.
  'catboostevaluate',
  'addresstoline',
  'addresstolinewithinlines',
  'addresstosymbol',
  'demangle',
  // Send to services elsewhere.
  'aiclassify',
  'aiembed',
  'aiextract',
  'aigenerate',
  'aitranslate',
  'hascolumnintable',
  'generateserialid',
  'zookeepersessionuptime',
  // Name tables and dictionaries in a string, where nobody checks them; a dictionary may have a program for a source.
  'dicthas',
  'dictisin',
  'dictionary',
  'joinget',
  'joingetornull',
  // Tell what the request or the server's configuration has of secrets.
  'getclienthttpheader',
  'getmacro',
  'getmergetreesetting',
  'getserversetting',
  // Write to the log, or hold a slot for nothing.
  'logtrace',
  'sleep',
  'sleepeachrow',
]);

/** Families of such functions by the beginning of their names: of dictionaries, and of regions, which are dictionaries of their own. */
export const DENIED_FUNCTION_PREFIXES: readonly string[] = ['dictget', 'regionto', 'regionin', 'regionhierarchy'];

/** Databases whose tables readers may read, all of them. */
export const READER_DATABASES: ReadonlySet<string> = new Set(['telemetry', 'information_schema', 'INFORMATION_SCHEMA']);

/** Tables of `system` that tell names, types and numbers, and nothing of other people's queries, users or secrets. */
export const READER_SYSTEM_TABLES: ReadonlySet<string> = new Set([
  'aggregate_function_combinators',
  'build_options',
  'codecs',
  'collations',
  'columns',
  'completions',
  'contributors',
  'data_skipping_indices',
  'data_type_families',
  'database_engines',
  'databases',
  'documentation',
  'events',
  'formats',
  'functions',
  'keywords',
  'licenses',
  'numbers',
  'numbers_mt',
  'one',
  'parts',
  'settings',
  'table_engines',
  'table_functions',
  'tables',
  'time_zones',
  'zeros',
  'zeros_mt',
]);

/** Settings of the request that readers may give: they bound the work, or change how the answer is written. */
export const READER_SETTINGS: ReadonlySet<string> = new Set([
  'add_http_cors_header',
  'any_join_distinct_right_table_keys',
  'cancel_http_readonly_queries_on_client_close',
  'date_time_input_format',
  'date_time_output_format',
  'default_format',
  'extremes',
  'group_by_overflow_mode',
  'http_headers_progress_interval_ms',
  'http_response_buffer_size',
  'join_use_nulls',
  'log_queries',
  'max_block_size',
  'max_bytes_to_read',
  'max_execution_time',
  'max_memory_usage',
  'max_result_bytes',
  'max_result_rows',
  'max_rows_to_read',
  'max_threads',
  'prefer_column_name_to_alias',
  'readonly',
  'read_overflow_mode',
  'result_overflow_mode',
  'send_progress_in_http_headers',
  'session_timezone',
  'timeout_overflow_mode',
  'union_default_mode',
  'use_query_cache',
]);

/** Families of such settings; those that name files are refused one by one. */
export const READER_SETTING_PREFIXES: readonly string[] = ['output_format_'];
