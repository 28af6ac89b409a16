/*
 * HTTP status for a ClickHouse error code: ClickHouse's own table (its `exceptionCodeToHTTPStatus`), with differences
 * that say more: READONLY is 403 (there 500), bad query parameters are 400, and TOO_MANY_SIMULTANEOUS_QUERIES and
 * ABORTED (shutting down) are 503, so that clients come back.
 */
const CODES_BY_STATUS: ReadonlyArray<readonly [status: number, codes: Readonly<Record<string, number>>]> = [
  [401, { REQUIRED_PASSWORD: 194 }],
  [
    403,
    {
      READONLY: 164,
      UNKNOWN_USER: 192,
      WRONG_PASSWORD: 193,
      INTO_OUTFILE_NOT_ALLOWED: 358,
      ACCESS_DENIED: 497,
      SET_NON_GRANTED_ROLE: 512,
      AUTHENTICATION_FAILED: 516,
    },
  ],
  [
    400,
    {
      CANNOT_PARSE_TEXT: 6,
      THERE_IS_NO_COLUMN: 8,
      DUPLICATE_COLUMN: 15,
      CANNOT_PARSE_ESCAPE_SEQUENCE: 25,
      CANNOT_PARSE_QUOTED_STRING: 26,
      CANNOT_PARSE_INPUT_ASSERTION_FAILED: 27,
      BAD_ARGUMENTS: 36,
      UNKNOWN_ELEMENT_IN_AST: 37,
      CANNOT_PARSE_DATE: 38,
      CANNOT_PARSE_DATETIME: 41,
      ILLEGAL_COLUMN: 44,
      TYPE_MISMATCH: 53,
      SYNTAX_ERROR: 62,
      CANNOT_PARSE_NUMBER: 72,
      INCORRECT_DATA: 117,
      UNKNOWN_TYPE_OF_AST_NODE: 123,
      TOO_DEEP_AST: 167,
      TOO_BIG_AST: 168,
      UNEXPECTED_AST_STRUCTURE: 223,
      VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE: 321,
      CANNOT_PARSE_UUID: 376,
      CANNOT_COMPILE_REGEXP: 427,
      CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING: 441,
      SETTING_CONSTRAINT_VIOLATION: 452,
      UNKNOWN_QUERY_PARAMETER: 456,
      BAD_QUERY_PARAMETER: 457,
      CANNOT_PARSE_IPV4: 675,
      CANNOT_PARSE_IPV6: 676,
    },
  ],
  [
    404,
    {
      UNKNOWN_FUNCTION: 46,
      UNKNOWN_IDENTIFIER: 47,
      UNKNOWN_TYPE: 50,
      UNKNOWN_STORAGE: 56,
      UNKNOWN_TABLE: 60,
      UNKNOWN_AGGREGATE_FUNCTION: 63,
      UNKNOWN_FORMAT: 73,
      UNKNOWN_TYPE_OF_QUERY: 78,
      UNKNOWN_DATABASE: 81,
      UNKNOWN_SETTING: 115,
      UNKNOWN_DIRECTION_OF_SORTING: 152,
      UNKNOWN_DATABASE_ENGINE: 336,
      UNKNOWN_ROLE: 511,
    },
  ],
  [408, { TIMEOUT_EXCEEDED: 159 }],
  [411, { HTTP_LENGTH_REQUIRED: 381 }],
  [413, { QUERY_IS_TOO_LARGE: 229 }],
  [415, { UNSUPPORTED_MEDIA_TYPE: 779 }],
  [501, { NOT_IMPLEMENTED: 48 }],
  [
    503,
    {
      CANNOT_OPEN_FILE: 76,
      TOO_MANY_SIMULTANEOUS_QUERIES: 202,
      SOCKET_TIMEOUT: 209,
      ABORTED: 236,
      CANNOT_SCHEDULE_TASK: 439,
    },
  ],
];

const STATUS_BY_CODE = new Map(
  CODES_BY_STATUS.flatMap(([status, codes]) => Object.values(codes).map((code) => [code, status] as const)),
);

/** Status for an error `code`; 500 for codes the table does not name, as in ClickHouse. */
export function exceptionStatus(code: number): number {
  return STATUS_BY_CODE.get(code) ?? 500;
}
