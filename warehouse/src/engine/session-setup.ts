import { ClickHouseException } from './clickhouse-exception.ts';
import { sqlIdentifier, sqlString } from './sql-literal.ts';

/** What one request asks of its connection before its statement runs. */
export type SessionRequest = {
  readonly database: string | undefined;
  /** Settings by name, values as text. */
  readonly settings: ReadonlyMap<string, string>;
  /** Query parameters by name, values escaped as ClickHouse's HTTP interface wants them. */
  readonly parameters: ReadonlyMap<string, string>;
  /** No writes, no DDL; settings may still change (ClickHouse's `readonly=2`, as it does for GET). */
  readonly readonly: boolean;
};

export type SessionLimits = {
  readonly timeLimitMs: number;
  readonly memoryLimitBytes: number;
};

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The statements that prepare a fresh connection for one request: database, limits, settings, parameters.
 *
 * A connection serves one request and is closed after it, so nothing set here can reach another request: a leaked
 * deduplication token would silently drop somebody's rows. Parameters are set the same way (`SET param_x`), and the
 * engine substitutes them itself, typed, as a ClickHouse server does.
 *
 * @param marker goes into `log_comment`, by which the query can be found and killed.
 * @throws ClickHouseException for a name that is none, or a limit that is no number.
 */
export function renderSessionSetup(request: SessionRequest, limits: SessionLimits, marker: string): string {
  const settings = new Map<string, string>(request.settings);
  const timeSeconds = Math.ceil(limits.timeLimitMs / 1000);
  settings.set('max_execution_time', atMost(settings.get('max_execution_time'), timeSeconds, 'max_execution_time'));
  settings.set(
    'max_memory_usage',
    atMost(settings.get('max_memory_usage'), limits.memoryLimitBytes, 'max_memory_usage'),
  );
  settings.set('log_comment', marker);
  const asked = settings.get('readonly');
  settings.delete('readonly');
  const changes = [...settings].map(([name, value]) => `${checkedName(name, 'setting')} = ${sqlString(value)}`);
  for (const [name, value] of request.parameters) {
    changes.push(`param_${checkedName(name, 'query parameter')} = ${sqlString(value)}`);
  }
  // Last, because nothing may be set after it.
  const readonly = request.readonly && asked !== '1' ? '2' : asked;
  if (readonly !== undefined) changes.push(`readonly = ${sqlString(readonly)}`);
  const use = request.database === undefined ? '' : `USE ${sqlIdentifier(request.database)}; `;
  return `${use}SET ${changes.join(', ')}`;
}

/** `asked` if it is a limit and a lower one than `limit`; to ClickHouse 0 means no limit. */
function atMost(asked: string | undefined, limit: number, name: string): string {
  if (asked === undefined) return String(limit);
  const value = Number(asked);
  if (!Number.isFinite(value) || value < 0 || asked.trim() === '') {
    throw ClickHouseException.of('BAD_ARGUMENTS', `Setting ${name} must be a number, not ${JSON.stringify(asked)}`);
  }
  return value === 0 || value > limit ? String(limit) : asked;
}

function checkedName(name: string, what: string): string {
  if (!NAME.test(name)) {
    throw ClickHouseException.of('BAD_ARGUMENTS', `${JSON.stringify(name)} cannot be the name of a ${what}`);
  }
  return name;
}
