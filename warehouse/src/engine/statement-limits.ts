import { ClickHouseException } from './clickhouse-exception.ts';
import type { SessionLimits } from './session-setup.ts';
import { type SqlToken, sqlTokens } from './sql-tokens.ts';

/**
 * Refuses a statement whose own SETTINGS would lift a limit of its connection: the engine lets a statement set what it
 * likes. As a ClickHouse server with constraints on these settings would.
 *
 * @throws ClickHouseException SETTING_CONSTRAINT_VIOLATION.
 */
export function checkStatementLimits(sql: string, limits: SessionLimits): void {
  const limitByName = new Map([
    ['max_execution_time', Math.ceil(limits.timeLimitMs / 1000)],
    ['max_memory_usage', limits.memoryLimitBytes],
  ]);
  let before: SqlToken | undefined;
  let name: SqlToken | undefined;
  let limited: string | undefined;
  for (const token of sqlTokens(sql)) {
    if (limited !== undefined) {
      const limit = limitByName.get(limited) ?? 0;
      const value = Number(token.kind === 'string' ? token.text.slice(1, -1) : token.text);
      if (!(value > 0 && value <= limit)) throw violation(limited, token.text, limit);
      limited = undefined;
    } else if (token.text === '=' && name !== undefined && isSettingPlace(before)) {
      const plain = settingName(name);
      if (limitByName.has(plain)) limited = plain;
    }
    before = name;
    name = token;
  }
}

/** A setting's name follows SETTINGS or a comma. A column so called after a comma is refused, too: a fair price. */
function isSettingPlace(before: SqlToken | undefined): boolean {
  return before?.text === ',' || (before?.kind === 'word' && before.text === 'SETTINGS');
}

function settingName(token: SqlToken): string {
  return (token.kind === 'quoted-name' ? token.text.slice(1, -1) : token.text).toLowerCase();
}

function violation(name: string, value: string, limit: number): ClickHouseException {
  return ClickHouseException.of(
    'SETTING_CONSTRAINT_VIOLATION',
    `Setting ${name} shouldn't be greater than ${limit} (it was set to ${value})`,
  );
}
