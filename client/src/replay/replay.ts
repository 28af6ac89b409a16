import type { PublishPool } from '../relay.ts';
import type { ReplayTally } from './replay-tally.ts';
import { SequenceError } from './sequence-error.ts';
import { SequenceParser } from './sequence-parser.ts';
import type { SequenceSource } from './sequence-source.ts';
import type { UserBatch, UserBatches } from './user-batches.ts';

/** What a replay needs. */
export interface Replay {
  readonly source: SequenceSource;
  /** How many users to send. Default: all. */
  readonly usersMax?: number | undefined;
  /** Says how users become batches, when the categories of the file are known. */
  readonly batchesFor: (categories: readonly string[]) => UserBatches;
  /** Must tell `tally` what it settles. Closed by whoever opened it: to give up at once, close it. */
  readonly pool: PublishPool<UserBatch>;
  readonly tally: ReplayTally;
  /** Stops reading. What was sent is still waited for, until the pool is closed. */
  readonly stop: AbortSignal;
}

/** How a replay ended. All that was sent has its answer unless `complete` is false. */
export interface ReplayEnd {
  /** Whether every batch that was sent has its answer. */
  readonly complete: boolean;
  /** Why not all of the file was sent. */
  readonly error: SequenceError | undefined;
}

/** Sends the users of a file, in its order. Holds no more of it than what waits for its answer. */
export async function replay(run: Replay): Promise<ReplayEnd> {
  let error: SequenceError | undefined;
  try {
    await sendAll(run);
  } catch (thrown) {
    if (!(thrown instanceof SequenceError)) {
      throw thrown;
    }
    error = thrown;
  }
  return { complete: await run.pool.drain(), error };
}

async function sendAll(run: Replay): Promise<void> {
  const parser = new SequenceParser(run.source.name);
  const sender = new UserSender(run, () => run.batchesFor(parser.categories));
  try {
    for await (const chunk of run.source.chunks) {
      for (const user of parser.push(chunk)) {
        for (const batch of sender.batchesOf(user)) {
          const full = sender.send(batch);
          if (full !== undefined) await full;
          if (run.stop.aborted) return;
        }
        if (user.number === run.usersMax) return;
      }
      if (run.stop.aborted) return;
    }
  } catch (error) {
    throw error instanceof SequenceError && parser.lineNumber > 0 ? error : error;
  }
}
