import { setTimeout } from 'node:timers/promises';
import type { CrashService } from './crash-service.ts';
import type { PlannedKill } from './kill-plan.ts';
import { SEGMENT_AGE_MS, SEND_TIMEOUT_MS } from './limits.ts';
import { lookUntil } from './look-until.ts';
import type { RoundTally } from './round-tally.ts';
import { oldestSegmentAgeMs } from './spool-folder.ts';

/** What kills work on. */
export interface KillParts {
  readonly services: readonly CrashService[];
  /** Data folder of the collector whose loads are aimed at. */
  readonly collectorFolder: string;
  readonly tally: RoundTally;
  /** Share of the round's batches that are settled. */
  readonly share: () => number;
  readonly signal: AbortSignal;
}

/** Carries out the kills of a round, one after another. Every killed service is started again, not necessarily ready. */
export async function executeKills(kills: readonly PlannedKill[], parts: KillParts): Promise<void> {
  const { services, share, signal } = parts;
  for (const kill of kills) {
    const victims = services.filter((_service, index) => kill.services.includes(index));
    const killAll = () => Promise.all(victims.map((service) => killAndStart(service, parts.tally)));
    await lookUntil(
      () => share() >= kill.afterShare,
      SEND_TIMEOUT_MS,
      signal,
      () => 'the batches do not get through',
    );
    if (kill.atLoad) await awaitLoad(parts.collectorFolder, signal);
    await setTimeout(kill.delayMs, undefined, { signal });
    await killAll();
    for (const delayMs of kill.againAfterMs) {
      await setTimeout(delayMs, undefined, { signal });
      await killAll();
    }
    if (kill.waitsForRecovery) await Promise.all(victims.map((service) => service.ready(signal)));
  }
}

async function killAndStart(service: CrashService, tally: RoundTally): Promise<void> {
  const kind = service.isReady ? service.name : `${service.name}-recovering`;
  await service.kill();
  tally.kills[kind] = (tally.kills[kind] ?? 0) + 1;
  service.start();
}

/** Waits for the moment at which a segment closes and its load begins; not longer than it takes one to get there. */
async function awaitLoad(collectorFolder: string, signal: AbortSignal): Promise<void> {
  const isDue = async () => ((await oldestSegmentAgeMs(collectorFolder)) ?? 0) >= SEGMENT_AGE_MS;
  await lookUntil(isDue, 2 * SEGMENT_AGE_MS, signal, () => 'no load').catch(() => signal.throwIfAborted());
}
