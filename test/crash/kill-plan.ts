/** A kill of one service, or of all of them at once, and what follows. */
export interface PlannedKill {
  /** Indexes of the services. */
  readonly services: readonly number[];
  /** Share of the round's batches that must be settled first. */
  readonly afterShare: number;
  /** Whether the kill then waits for a segment to be loaded at that moment. */
  readonly atLoad: boolean;
  /** Further wait, in milliseconds. */
  readonly delayMs: number;
  /** Kills of what was restarted, each so many milliseconds after its start: in recovery. */
  readonly againAfterMs: readonly number[];
  /** Whether the next kill waits until they have recovered. */
  readonly waitsForRecovery: boolean;
}

const killsMin = 2;
const killsMax = 4;
/** The last kill is due before the last batches are, so that something is sent afterwards. */
const lastShare = 0.9;
/** Share of kills that hit all services at once, as a crash of their machine would, but for what the system still has to write. */
const allShare = 0.15;
/** About as long as a start takes, so that kills fall into all of its steps. */
const recoveryMsMax = 1_500;

/** Plans the kills of a round: each service may be hit, several at the same time, the same one again while it recovers. */
export function planKills(services: number, random: () => number): PlannedKill[] {
  const indexes = Array.from({ length: services }, (_, index) => index);
  const count = killsMin + Math.floor(random() * (killsMax - killsMin + 1));
  return Array.from({ length: count }, () => random() * lastShare)
    .sort((a, b) => a - b)
    .map((afterShare) => {
      const atLoad = random() < 0.4;
      return {
        services: random() < allShare ? indexes : [Math.floor(random() * services)],
        afterShare,
        atLoad,
        delayMs: random() * (atLoad ? 120 : 200),
        againAfterMs:
          random() < 0.35 ? Array.from({ length: random() < 0.3 ? 2 : 1 }, () => random() * recoveryMsMax) : [],
        waitsForRecovery: random() < 0.5,
      };
    });
}
