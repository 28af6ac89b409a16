/**
 * The load generator in a process of its own. Started by `ingest/generator-process.ts` with the options as JSON; says `ready`, waits for a
 * message to begin, tells how far it is, and ends when the channel to its parent does.
 */

import type { GeneratorMessage } from './ingest/generator-process.ts';
import { LoadGenerator, type LoadOptions } from './ingest/load-generator.ts';

const PROGRESS_MS = 500;

const tell = (message: GeneratorMessage) => void process.send?.(message);

async function main(): Promise<void> {
  const generator = new LoadGenerator(JSON.parse(process.argv[2] ?? '') as LoadOptions);
  await generator.open();
  tell({ kind: 'ready' });
  await new Promise((resolve) => process.once('message', resolve));
  const timer = setInterval(() => tell({ kind: 'progress', ackedBatches: generator.acked }), PROGRESS_MS);
  try {
    tell({ kind: 'done', result: await generator.run() });
  } finally {
    clearInterval(timer);
    generator.close();
  }
}

// The parent reads what this process used, then lets go of it. It may also have died.
process.once('disconnect', () => process.exit());
main().catch((error: unknown) =>
  tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
);
