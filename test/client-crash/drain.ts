import { lookUntil } from '../crash/look-until.ts';
import { filesSetAside, filesThatWait } from './check/store-files.ts';
import { ClientProcess } from './client-process.ts';
import { DRAIN_TIMEOUT_MS, EMPTY_LOOKS } from './limits.ts';
import type { RoundTally } from './round-tally.ts';
import type { RoundFacts } from './run-life.ts';

/** Lets one more process bring away what the others have left; notes what is left then. */
export async function drain(facts: RoundFacts, tally: RoundTally, signal: AbortSignal): Promise<void> {
  const { compileCacheFolder, ...common } = facts;
  const life = {
    seed: 0,
    durationMs: 0,
    ending: 'shutdown',
    crashPoint: undefined,
    pauseMsMax: 0,
    flushIntervalMs: 100,
  } as const;
  const client = new ClientProcess({ name: 'drain', ...common, ...life, drains: true }, compileCacheFolder);
  try {
    let left: string[] = [];
    let emptyLooks = 0;
    const look = async () => {
      left = await filesThatWait(facts.folder, client.producer);
      emptyLooks = client.producer !== undefined && left.length === 0 ? emptyLooks + 1 : 0;
      return emptyLooks >= EMPTY_LOOKS;
    };
    const describe = () => `the store still has ${left.length} files: ${left.slice(0, 5).join(', ')}`;
    await lookUntil(look, DRAIN_TIMEOUT_MS, signal, describe);
    client.signal('SIGTERM');
    tally.add(client, await client.end());
  } finally {
    client.signal('SIGKILL');
  }
  const left = await filesThatWait(facts.folder);
  const aside = await filesSetAside(facts.folder);
  if (left.length > 0) tally.findings.push(`left behind: ${left.join(', ')}`);
  if (aside.length > 0) tally.findings.push(`set aside: ${aside.join(', ')}`);
}
