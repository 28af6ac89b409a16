import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { StartError } from '../start-error.ts';
import { type CallerOptions, isEncrypted, withCallerOptions } from './caller-options.ts';
import { grpcAddressOption } from './options.ts';
import { wholeNumber } from './whole-number.ts';

interface ReplayOptions extends CallerOptions {
  readonly grpcAddress: string;
  readonly limit?: number;
  readonly streams: number;
  readonly producerSeed?: string;
  readonly product: string;
  readonly json?: boolean;
}

/** `telemetry replay`: a file of page views as telemetry. */
export function replayCommand(): Command {
  const command = new Command('replay')
    .description(
      'Send a file of page-view sequences: each line one user and session, each view one feature-use event at a made-up time.',
    )
    .argument('<file>', 'sequence file of the UCI format, gzipped or not; "-" reads standard input')
    .option('--limit <users>', 'send only the first users of the file', wholeNumber(1))
    .option('--streams <count>', 'streams in parallel', wholeNumber(1), 4)
    .option(
      '--producer-seed <text>',
      'make identities repeatable: the same seed and file make the same batches, which count once',
    )
    .option('--product <name>', 'product name in the core part', 'msnbc.com')
    .addOption(grpcAddressOption())
    .option('--json', 'print one line of JSON at the end, and no progress');
  return withCallerOptions(command).action(runReplay);
}

/** Client and collector meet in the protocol alone, so the sender is a process of the client's. */
export function clientToolPath(tool: 'replay-main' | 'demo-main'): string {
  try {
    return fileURLToPath(import.meta.resolve(`@telemetry/client/${tool}`));
  } catch (cause) {
    throw new StartError('The package @telemetry/client is not installed; this command runs a tool of it.', cause);
  }
}

function tlsPaths({ tlsCa, tlsClientCertificate, tlsClientPrivateKey }: CallerOptions) {
  return {
    ...(tlsCa === undefined ? {} : { ca: tlsCa }),
    ...(tlsClientCertificate === undefined ? {} : { certificate: tlsClientCertificate }),
    ...(tlsClientPrivateKey === undefined ? {} : { privateKey: tlsClientPrivateKey }),
  };
}

async function runReplay(file: string, options: ReplayOptions): Promise<void> {
  const parameters = {
    file,
    address: options.grpcAddress,
    streams: options.streams,
    product: options.product,
    json: options.json === true,
    progress: options.json !== true,
    ...(isEncrypted(options) ? { tls: tlsPaths(options) } : {}),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.producerSeed === undefined ? {} : { producerSeed: options.producerSeed }),
  };
  const child = spawn(process.execPath, [clientToolPath('replay-main'), JSON.stringify(parameters)], {
    stdio: 'inherit',
    // Not in an argument, which every process of the machine can read.
    env: { ...process.env, ...(options.key === undefined ? {} : { TELEMETRY_KEY: options.key }) },
  });
  // Ctrl-C reaches the child by itself; a signal sent to this process alone is passed on. Either way the child ends first.
  const ignore = () => {};
  const passOn = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore);
  process.on('SIGTERM', passOn);
  try {
    process.exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGTERM', passOn);
  }
}
