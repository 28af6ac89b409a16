/**
 * What the client costs an application, beside the log SDK of OpenTelemetry and posthog-node in the same run: each measure of each library in a
 * process of its own, one after the other. `--json` prints one line. `--events N` logs so many for the measure of memory (default ten
 * million; a tenth of it for the other measures, and for the memory of other libraries: posthog-node takes more than a quarter of an hour for
 * all); `--quick` leaves out what needs a registry. Run `npm run pack` before.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from '../browser/support/bundle.ts';
import { clientBundle } from '../browser/support/client-bundle.ts';
import { type ClientFigures, type ClientReport, renderClientReport } from './client/client-report.ts';
import { installSizeOf } from './client/install-size-of.ts';
import { measureNames } from './client/measures.ts';
import { type SubjectName, subjectNames } from './client/subject.ts';

const root = join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    events: { type: 'string', default: '10000000' },
    help: { type: 'boolean', default: false },
  },
});
const memoryEvents = Number(values.events);

if (values.help || !Number.isInteger(memoryEvents) || memoryEvents < 10_000) {
  process.stderr.write('npm run bench:client -- [--events N, at least 10,000] [--quick] [--json]\n');
  process.exit(values.help ? 0 : 2);
}

const ours = { specifiers: ['gen', 'client'].map((name) => join(root, '.pack', `${name}.tgz`)), module: undefined };

/** What an application names to have each, and what its bundler would take into a page. */
const packages: Readonly<Record<SubjectName, { specifiers: readonly string[]; module: string | undefined }>> = {
  telemetry: ours,
  'telemetry-internal': ours,
  'telemetry-folder': ours,
  opentelemetry: {
    specifiers: installed(
      '@opentelemetry/api-logs',
      '@opentelemetry/sdk-logs',
      '@opentelemetry/exporter-logs-otlp-proto',
    ),
    module: `export { LoggerProvider, BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
      export { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';`,
  },
  // Made for servers; posthog-js is what pages have, another library.
  posthog: { specifiers: installed('posthog-node'), module: undefined },
};

function installed(...names: readonly string[]): string[] {
  return names.map((name) => {
    const manifest = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
    return `${name}@${manifest.version}`;
  });
}

function installMb(name: SubjectName): number | null {
  if (values.quick) return null;
  const bytes = installSizeOf(packages[name].specifiers).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return Math.round(bytes / 10_000) / 100;
}

async function browserGzipKib(name: SubjectName): Promise<number | null> {
  const { module } = packages[name];
  if (module === undefined && name === 'posthog') return null;
  const { gzipBytes } = module === undefined ? await clientBundle() : await bundle(module);
  return Math.round((gzipBytes / 1024) * 100) / 100;
}

async function figuresOf(name: SubjectName): Promise<ClientFigures> {
  let figures = {};
  for (const measure of measureNames) {
    process.stderr.write(`${name}: ${measure}\n`);
    // Memory with the network down is the same for both: what waits goes to a folder.
    const isWhole = measure === 'memory' && packages[name] === ours && name !== 'telemetry-folder';
    const events = isWhole ? memoryEvents : Math.max(10_000, memoryEvents / 10);
    const script = join(import.meta.dirname, 'client-measure.ts');
    const output = execFileSync(process.execPath, ['--expose-gc', script, name, measure, String(events)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const line = output.split('\n').find((text) => text.startsWith('{'));
    figures = { ...figures, ...JSON.parse(line ?? '{}') };
  }
  const sizes = { install_mb: installMb(name), browser_gzip_kib: await browserGzipKib(name) };
  return { ...(figures as Omit<ClientFigures, keyof typeof sizes>), ...sizes };
}

const all = new Map<SubjectName, ClientFigures>();
for (const name of subjectNames) all.set(name, await figuresOf(name));
const [first, ...beside] = [...all];
const report: ClientReport = { ...(first?.[1] as ClientFigures), peers: Object.fromEntries(beside) };
process.stdout.write(`${values.json ? JSON.stringify(report) : renderClientReport(report)}\n`);
