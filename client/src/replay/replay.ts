import type { PublishPool } from '../relay.ts';
import type { ReplayTally } from './replay-tally.ts';
import { SequenceError } from './sequence-error.ts';
import { SequenceParser, type SequenceUser } from './sequence-parser.ts';
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
  const sender = new UserSender(run, parser);
  try {
    for await (const chunk of run.source.chunks) {
      if ((await sender.send(parser.push(chunk))) === 'stop') {
        return;
      }
    }
    // A file that was not read to its end has no last line.
    if (!run.stop.aborted) {
      await sender.send(parser.finish());
    }
  } catch (error) {
    if (error instanceof SequenceError && error.line === undefined && parser.lineNumber > 0) {
      throw new SequenceError(error.fileName, error.problem, { line: parser.lineNumber, cause: error });
    }
    throw error;
  }
}

class UserSender {
  readonly #run: Replay;
  readonly #parser: SequenceParser;
  #toBatches: UserBatches | undefined;

  constructor(run: Replay, parser: SequenceParser) {
    this.#run = run;
    this.#parser = parser;
  }

  /** Sends users as fast as the pool takes them, and says whether to stop after them. */
  async send(users: Iterable<SequenceUser>): Promise<'go on' | 'stop'> {
    const { pool, tally, stop, usersMax } = this.#run;
    for (const user of users) {
      this.#toBatches ??= this.#run.batchesFor(this.#parser.categories);
      for (const batch of this.#toBatches(user)) {
        tally.sent();
        const full = pool.send(batch);
        if (full !== undefined) {
          await full;
        }
        if (stop.aborted) {
          return 'stop';
        }
      }
      if (user.number === usersMax) {
        return 'stop';
      }
    }
    return 'go on';
  }
}
