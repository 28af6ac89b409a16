import type { Migration } from './migration.ts';
import { statements as firstLight } from './v0001/v0001.ts';
import { statements as blacklist } from './v0002/v0002.ts';
import { statements as claims } from './v0003/v0003.ts';
import { statements as lighterEvents } from './v0004/v0004.ts';
import { statements as cheaperEvents } from './v0005/v0005.ts';
import { statements as ledgerFirst } from './v0006/v0006.ts';
import { statements as repairs } from './v0007/v0007.ts';
import { statements as completeness } from './v0008/v0008.ts';
import { statements as fewerMerges } from './v0009/v0009.ts';
import { statements as lighterLoads } from './v0010/v0010.ts';
import { statements as columns } from './v0011/v0011.ts';
import { statements as evenMerges } from './v0012/v0012.ts';

/** All migrations, in order. */
export const migrations: readonly Migration[] = [
  { version: 1, name: 'first-light', statements: firstLight },
  { version: 2, name: 'blacklist', statements: blacklist },
  { version: 3, name: 'claims', statements: claims },
  { version: 4, name: 'lighter-events', statements: lighterEvents },
  { version: 5, name: 'cheaper-events', statements: cheaperEvents },
  { version: 6, name: 'ledger-first', statements: ledgerFirst },
  { version: 7, name: 'repairs', statements: repairs },
  { version: 8, name: 'completeness', statements: completeness },
  { version: 9, name: 'fewer-merges', statements: fewerMerges },
  { version: 10, name: 'lighter-loads', statements: lighterLoads },
  { version: 11, name: 'loads-of-columns', statements: columns },
  { version: 12, name: 'even-merges', statements: evenMerges },
];
