import { gzipSync } from 'node:zlib';
import { openPublishPool } from '../relay.ts';
import { collectorAccess } from './collector-access.ts';
import { collectorChannel } from './collector-channel.ts';
import { OptionError } from './json-options.ts';
import {
  interruptTimeoutMs,
  permanentBackoffMsMax,
  retryBackoffMsMax,
  secondSignalMs,
  windowBatches,
} from './limits.ts';
import { probeAddress } from './probe-address.ts';
import { randomProducerIds, seededProducerIds } from './producer-ids.ts';
import { type Replay, replay } from './replay.ts';
import { parseReplayOptions, type ReplayOptions } from './replay-options.ts';
import { ReplayScreen } from './replay-screen.ts';
import { summaryJson, summaryText } from './replay-summary.ts';
import { ReplayTally } from './replay-tally.ts';
import { SequenceError } from './sequence-error.ts';
import { openSequenceSource } from './sequence-source.ts';
import { type UserBatch, userBatches } from './user-batches.ts';
import { WaitingNotice } from './waiting-notice.ts';

/** Exit codes: as they are usual, and 130 as a shell gives it after Ctrl-C. */
const exitCodes = { done: 0, rejected: 1, badInput: 2, interrupted: 130 } as const;

const monotonicMs = () => performance.now();

/** Most compressed batches have about 1 kB: a smaller buffer than the usual one saves a sixth of the time. */
const gzip = (bytes: Uint8Array) => gzipSync(bytes, { chunkSize: 4096 });

/** Replays a page-view sequence file. The only argument is a `ReplayOptions` in JSON; ends with one of `exitCodes`. */
async function main(): Promise<number> {
  const screen = new ReplayScreen(stderrTerminal(), false);
  try {
    const options = parseReplayOptions(process.argv[2]);
    return await run(options);
  } catch (error) {
    if (error instanceof OptionError || error instanceof SequenceError) {
      screen.message(error.message);
      return exitCodes.badInput;
    }
    throw error;
  }
}

async function run(options: ReplayOptions): Promise<number> {
  const screen = new ReplayScreen(stderrTerminal(), options.progress);
  const tally = new ReplayTally(monotonicMs);
  const notice = new WaitingNotice({
    address: options.address,
    monotonicMs,
    probe: probeAddress,
    message: (text) => screen.message(text),
    openStreams: () => pool.stats().openStreams,
  });
  const stop = new AbortController();
  const source = await openSequenceSource(options.file, process.stdin, stop.signal);
  const access = collectorAccess(options.tls, process.env['TELEMETRY_KEY']);
  const pool = openPublishPool<UserBatch>({
    channels: Array.from({ length: options.streams }, () => collectorChannel(options.address, access)),
    windowBatches,
    retry: { maxBackoffMs: retryBackoffMsMax, permanentBackoffMs: permanentBackoffMsMax },
    onSettled: (batch, settlement, ack, attempts) => tally.settled(batch, settlement, ack, attempts),
    onError: (error) => notice.onError(error),
  });
  const { producerSeed, product } = options;
  const producerIds = producerSeed === undefined ? randomProducerIds() : seededProducerIds(producerSeed);
  const parts: Replay = {
    source,
    usersMax: options.limit,
    batchesFor: (categories) => userBatches({ product, categories, producerIds, gzip }),
    pool,
    tally,
    stop: stop.signal,
  };
  onInterrupt(stop, screen, () => pool.close());
  // Also keeps the process alive while the collector is away: the pool's own timers do not.
  const ticking = setInterval(() => screen.update(position(parts)), screen.updateMs);
  try {
    const { error } = await replay(parts);
    screen.end();
    return conclude(options, screen, tally, stop.signal.aborted, error);
  } finally {
    clearInterval(ticking);
    pool.close();
  }
}

function conclude(
  options: ReplayOptions,
  screen: ReplayScreen,
  tally: ReplayTally,
  interrupted: boolean,
  error: SequenceError | undefined,
): number {
  const counts = tally.counts();
  if (error === undefined || counts.sentBatches > 0) {
    process.stdout.write(options.json ? `${summaryJson(counts)}\n` : summaryText(counts));
  }
  if (error !== undefined) {
    screen.message(error.message);
    return exitCodes.badInput;
  }
  if (interrupted) {
    screen.message('interrupted: not all of the file was sent');
    return exitCodes.interrupted;
  }
  return counts.rejected + counts.droppedEvents > 0 ? exitCodes.rejected : exitCodes.done;
}

function position({ source, usersMax, tally }: Replay) {
  const { users, events, batches } = tally.counts();
  const ofFile = source.sizeBytes === undefined ? undefined : source.positionBytes() / Math.max(1, source.sizeBytes);
  const ofUsers = usersMax === undefined ? undefined : users / usersMax;
  const part = ofFile === undefined && ofUsers === undefined ? undefined : Math.max(ofFile ?? 0, ofUsers ?? 0);
  return { timeMs: monotonicMs(), part, users, events, batches };
}

/** The first Ctrl-C stops reading and waits a moment for the answers to come; a second one does not wait. */
function onInterrupt(stop: AbortController, screen: ReplayScreen, giveUp: () => void): void {
  let stoppedMs = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) {
        if (monotonicMs() - stoppedMs > secondSignalMs) {
          giveUp();
        }
        return;
      }
      stoppedMs = monotonicMs();
      screen.message('stopping: waiting for the last answers');
      stop.abort();
      setTimeout(giveUp, interruptTimeoutMs).unref();
    });
  }
}

function stderrTerminal() {
  return {
    write: (text: string) => void process.stderr.write(text),
    get columns() {
      return process.stderr.isTTY ? process.stderr.columns : undefined;
    },
  };
}

process.exitCode = await main();
