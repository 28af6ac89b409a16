import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { makeAuthority } from '../access/support/certificates.ts';
import { freePort } from '../crash/free-port.ts';
import { eventually } from '../support/eventually.ts';
import { type Example, readmeExamples } from '../support/readme-examples.ts';
import { writeSequenceFile } from '../support/sequence-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const examples = readmeExamples();
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
};

let served: ChildProcess;
let grpcAddress = '';
let webAddress = '';
let sqlAddress = '';
let sequenceFile = '';
let removeFolder = () => {};
const exampleFolder = join(root, '.readme-examples');

function example(section: string, language: string): Example {
  const found = examples.find((candidate) => candidate.section === section && candidate.language === language);
  if (found === undefined) throw new Error(`README.md has no ${language} example under "${section}"`);
  return found;
}

/** The example with the addresses and the file of this test in place of the defaults. */
function adapted(code: string): string {
  return code
    .replaceAll('127.0.0.1:4400', grpcAddress)
    .replaceAll('127.0.0.1:4480', webAddress)
    .replaceAll('127.0.0.1:8123', sqlAddress)
    .replaceAll('msnbc990928.seq.gz', sequenceFile);
}

async function shell(section: string): Promise<string> {
  const env = {
    ...environment,
    TELEMETRY_GRPC_ADDRESS: grpcAddress,
    TELEMETRY_WEB_ADDRESS: webAddress,
    TELEMETRY_SQL_ADDRESS: sqlAddress,
  };
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', adapted(example(section, 'sh').code)], {
    cwd: root,
    env,
  });
  return stdout;
}

async function typescript(section: string, name: string): Promise<string> {
  // In the repository, where the packages of the workspace are found as an application finds installed ones.
  mkdirSync(exampleFolder, { recursive: true });
  const path = join(exampleFolder, `${name}.ts`);
  writeFileSync(path, adapted(example(section, 'ts').code));
  const { stdout } = await run('node', [path], { cwd: root, env: environment });
  return stdout;
}

async function sql(query: string): Promise<string> {
  return (await (await fetch(`http://${sqlAddress}/`, { method: 'POST', body: query })).text()).trim();
}

beforeAll(async () => {
  const folder = temporaryFolder((remove) => {
    removeFolder = remove;
  });
  sequenceFile = join(folder, 'views.seq');
  // Where the examples' stores go.
  environment.TMPDIR = folder;
  writeSequenceFile(sequenceFile, 2_000, 1);
  // The first command of the README, less the install that this test has behind it.
  expect(examples[0]?.code).toContain('npm ci && npm start -- --demo');
  served = spawn('npm', ['start', '--', '--demo'], {
    cwd: root,
    env: {
      ...environment,
      TELEMETRY_DATA_DIR: join(folder, 'data'),
      TELEMETRY_GRPC_ADDRESS: '127.0.0.1:0',
      TELEMETRY_WEB_ADDRESS: '127.0.0.1:0',
      TELEMETRY_SQL_ADDRESS: '127.0.0.1:0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let banner = '';
  served.stdout?.setEncoding('utf8').on('data', (text: string) => {
    banner += text;
  });
  await eventually(
    () => (banner.includes('Ctrl-C stops it.') ? true : undefined),
    60_000,
    () => banner,
  );
  grpcAddress = /send events to\s+(\S+)/.exec(banner)?.[1] ?? '';
  webAddress = /over HTTP\s+(\S+)/.exec(banner)?.[1] ?? '';
  sqlAddress = /http:\/\/(\S+)/.exec(banner)?.[1] ?? '';
});

afterAll(async () => {
  rmSync(exampleFolder, { recursive: true, force: true });
  if (served.exitCode === null) {
    const exited = new Promise<void>((resolve) => served.once('exit', () => resolve()));
    // As Ctrl-C does: to the whole group, npm and what it runs.
    process.kill(-(served.pid ?? 0), 'SIGINT');
    await exited;
  }
  removeFolder();
});

test('CI runs the test command of the README', () => {
  expect(examples[0]?.code).toContain('npm ci && npm test');
  const steps = readFileSync(join(root, '.ci/run'), 'utf8');
  expect(steps).toMatch(/^npm ci/m);
  expect(steps).toMatch(/^npm test$/m);
});

test('see which features are used', async () => {
  const shown = await eventually(async () => {
    const text = await shell('See which features are used');
    return text.split('\n').length > 4 ? text : undefined;
  }, 30_000);
  expect(shown).toMatch(/^feature +events +users$/m);
  expect(shown).toMatch(/^[a-z.-]+ +\d+ +\d+$/m);
});

test('ask anything in SQL', async () => {
  const shown = await shell('Ask anything in SQL');
  expect(shown).toMatch(/name.*events.*users/);
  expect(JSON.parse(shown.trim().split('\n').at(-1) ?? '')).toHaveProperty('count()');
});

test('log events from an application', async () => {
  const shown = await typescript('Log events from your application', 'application');
  expect(shown).toContain('complete: true');
  await eventually(
    async () =>
      (await sql("SELECT count() FROM telemetry.events WHERE product = 'editor' AND user_id = 'u-1'")) === '2'
        ? true
        : undefined,
    30_000,
  );
});

/** A process that runs until it is told to end. */
function startScript(path: string, more: NodeJS.ProcessEnv, execArgv: readonly string[] = []) {
  const child = spawn('node', [...execArgv, path], { cwd: root, env: { ...environment, ...more } });
  let output = '';
  // By its code or by a signal, which is then named; and all that it said is there by then.
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return { child, ended, output: () => output };
}

const untilStored = (where: string, count: string) =>
  eventually(
    async () => ((await sql(`SELECT count() FROM telemetry.events WHERE ${where}`)) === count ? true : undefined),
    30_000,
  );

test('log events from a Node service', async () => {
  const port = String(await freePort());
  mkdirSync(exampleFolder, { recursive: true });
  const path = join(exampleFolder, 'service.ts');
  writeFileSync(path, adapted(example('Log events from a Node service', 'ts').code));
  const { child, ended, output } = startScript(path, { PORT: port });
  for (let request = 0; request < 3; request++) {
    await eventually(
      async () => (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))?.text(),
      30_000,
      output,
    );
  }
  child.kill('SIGTERM');
  expect(await ended, output()).toBe(0);
  expect(output()).toMatch(/complete: true/);
  await untilStored("product = 'shop-api' AND name = 'request.received'", '3');
  await untilStored("product = 'shop-api' AND kind = 'performance'", '3');
});

test('log events from an Electron application', async () => {
  const folder = join(exampleFolder, 'electron');
  mkdirSync(folder, { recursive: true });
  const files = examples.filter(({ section }) => section === 'Log events from an Electron application');
  for (const { code } of files) {
    writeFileSync(join(folder, /^\/\/ (\S+)/.exec(code)?.[1] ?? ''), adapted(code));
  }
  const userData = temporaryFolder(onTestFinished);
  const register = join(root, 'test/e2e/electron/register.ts');
  const { child, ended, output } = startScript(join(folder, 'main.ts'), { ELECTRON_USER_DATA: userData }, [
    '--import',
    register,
  ]);
  await eventually(() => (output().includes('window loaded') ? true : undefined), 30_000, output);
  child.kill('SIGTERM');
  expect(await ended, output()).toBe(0);
  await untilStored("product = 'editor' AND name = 'panel.opened' AND properties['panel'] = 'layers'", '1');
  await untilStored("product = 'editor' AND name IN ('session.started', 'session.ended')", '2');
});

test('see in a unit test what was logged', async () => {
  await typescript('See in a unit test what was logged', 'unit-test');
});

test('send from any other language', async () => {
  expect(await shell('Send from any other language')).toMatch(/OUTCOME_ACCEPTED.*OUTCOME_DUPLICATE/s);
});

test('send with curl, and see how it is', async () => {
  const shown = await shell('Send with curl, and see how it is');
  expect(shown).toContain('OUTCOME_ACCEPTED');
  expect(shown).toMatch(/ready/);
});

test('ban an event on the fly', async () => {
  expect(await shell('Ban an event on the fly')).toMatch(/legacy\./);
});

test('prove that nothing is lost or counted twice', async () => {
  expect(await shell('Prove that nothing is lost or counted twice')).toMatch(/^Everything agrees: /m);
});

test('see what is missing, by producer', async () => {
  const shown = await shell('See what is missing, by producer');
  expect(shown).toMatch(/product.*producers.*stored.*dropped.*missing/);
  expect(shown).toMatch(/demo-notes/);
});

test('compare two receivers', async () => {
  const mirror = join(temporaryFolder(onTestFinished), 'mirror.batches');
  const path = join(exampleFolder, 'compare.ts');
  writeFileSync(path, adapted(example('Compare two receivers', 'ts').code).replace('mirror.batches', mirror));
  expect((await run('node', [path], { cwd: root, env: environment })).stdout).toContain('complete: true');
  const compare = adapted(example('Compare two receivers', 'sh').code).replace('mirror.batches', mirror);
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', compare], { cwd: root, env: environment });
  expect(stdout).toContain('Both hold the same: 1 producers compared.');
});

test('replay a million users', async () => {
  const shown = await shell('Replay a million users');
  expect(shown).toMatch(/^users +2,000$/m);
  await eventually(
    async () =>
      (await sql("SELECT uniqExact(user_id) FROM telemetry.events WHERE product = 'msnbc.com'")) === '2000'
        ? true
        : undefined,
    30_000,
  );
});

test('ask for keys and encrypt', async () => {
  const folder = temporaryFolder(onTestFinished);
  const authority = makeAuthority('authority of this test');
  const server = authority.issue('server');
  const files = { 'ca.pem': authority.certificate, 'server.pem': server.certificate, 'server.key': server.privateKey };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  const blocks = examples.filter(({ section }) => section === 'Ask for keys and encrypt');
  const [makeKeys, serveIt, ask, application] = blocks.map(({ code }) =>
    code.replace(/\b(?:ca|server)\.(?:pem|key)\b/g, (name) => join(folder, name)),
  );
  const dataDir = { TELEMETRY_DATA_DIR: join(folder, 'data') };
  const bash = async (code: string | undefined, more: Record<string, string>) =>
    (await run('bash', ['-euo', 'pipefail', '-c', code ?? ''], { cwd: root, env: { ...environment, ...more } })).stdout;

  const made = await bash(`${makeKeys}\nenv | grep '_KEY=tk_'`, dataDir);
  expect(made).toMatch(/ingest +editor 4 +editor/);
  const keys = Object.fromEntries(
    made
      .split('\n')
      .filter((line) => line.includes('_KEY='))
      .map((line) => line.split('=')),
  );

  const free = (serveIt ?? '')
    .replace(/0\.0\.0\.0:\d+/g, '0.0.0.0:0')
    .replace('npx telemetry serve', 'exec telemetry serve');
  const child = spawn('bash', ['-c', free], {
    cwd: folder,
    env: { ...environment, ...dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGINT');
    await exited;
  });
  let banner = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    banner += text;
  });
  await eventually(
    () => (banner.includes('Ctrl-C stops it.') ? true : undefined),
    60_000,
    () => banner,
  );
  const [grpc = '', web = '', sqlPort = ''] = [
    /send events to\s+0.0.0.0(\S+)/,
    /over HTTP\s+0.0.0.0(\S+)/,
    /https:\/\/0.0.0.0(\S+)/,
  ].map((pattern) => pattern.exec(banner)?.[1] ?? '');
  const here = (code: string | undefined) =>
    (code ?? '').replaceAll(':4400', grpc).replaceAll(':4480', web).replaceAll(':8123', sqlPort);
  const addresses = {
    TELEMETRY_GRPC_ADDRESS: `127.0.0.1${grpc}`,
    TELEMETRY_SQL_ADDRESS: `127.0.0.1${sqlPort}`,
  };
  const asked = await bash(here(ask), { ...keys, ...addresses });
  expect(asked).toContain('legacy.');
  expect(asked).toMatch(/events/);
  expect(asked).toContain('\n42\n');
  expect(asked).toContain('OUTCOME_ACCEPTED');

  mkdirSync(exampleFolder, { recursive: true });
  const path = join(exampleFolder, 'with-a-key.ts');
  writeFileSync(path, here(application));
  const { stdout } = await run('node', [path], { cwd: root, env: { ...environment, ...keys } });
  expect(stdout).toContain('complete: true');
});
