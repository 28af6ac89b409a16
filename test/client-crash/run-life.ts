import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildOptions } from './child/child-options.ts';
import { ClientProcess } from './client-process.ts';
import type { Life } from './round-plan.ts';
import type { RoundTally } from './round-tally.ts';

/** What all processes of a round have in common. */
export type RoundFacts = Pick<ChildOptions, 'product' | 'folder' | 'address'> & { readonly compileCacheFolder: string };

/** Runs one process from its start to its end, and notes what it said and how it ended. */
export async function runLife(name: string, life: Life, facts: RoundFacts, tally: RoundTally): Promise<void> {
  const { compileCacheFolder, ...common } = facts;
  const client = new ClientProcess({ name, ...common, ...life.child, drains: false }, compileCacheFolder);
  const over = new AbortController();
  void client.ended.then(() => over.abort());
  const { kill } = life;
  if (kill?.from === 'spawn') {
    void killAfter(client, kill.afterMs, over.signal);
  }
  // Counted from here, since a busy machine takes seconds to load the code.
  await Promise.race([client.started, client.ended]);
  if (kill?.from === 'start') {
    void killAfter(client, kill.afterMs, over.signal);
  }
  const pause = life.pause === undefined ? undefined : hold(client, life.pause, over.signal);
  await pause;
  const end = await client.end();
  tally.add(client, end);
}

async function killAfter(client: ClientProcess, delayMs: number, signal: AbortSignal): Promise<void> {
  if (await after(delayMs, signal)) {
    client.signal('SIGKILL');
  }
}

async function hold(
  client: ClientProcess,
  { afterMs, lengthMs }: NonNullable<Life['pause']>,
  signal: AbortSignal,
): Promise<void> {
  if (await after(afterMs, signal)) {
    client.signal('SIGSTOP');
    await after(lengthMs, signal);
    client.signal('SIGCONT');
  }
}

/** True when the time has come, false when it is over before. */
async function after(delayMs: number, signal: AbortSignal): Promise<boolean> {
  return sleep(delayMs, true, { signal }).catch(() => false);
}
