import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { createTelemetry, keyedHash, type Telemetry, type TelemetryOptions } from '@telemetry/client';
import { BlacklistSchema, DropReason, type EventBatch } from '@telemetry/gen';
import { describe, expect, onTestFinished, test } from 'vitest';
import { banPrefix, keepList, listOf } from '../blacklist/support/lists.ts';
import { runCollector, spooledBatches } from '../collector/support/collector.ts';
import { tempFolder } from '../collector/support/temp-folder.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { bytesIn, foundIn } from './support/bytes-in.ts';
import { Recorder } from './support/recorder.ts';

const key = 'k'.repeat(32);
const hash = keyedHash({ id: 'k1', key });
const hmac = (text: string) => createHmac('sha256', key).update(text).digest('hex');
const waitMs = 30_000;

/** What nobody may learn of an external user. */
const plain = {
  user: 'zaphod.b',
  project: 'heart-of-gold',
  owner: 'ford.prefect',
  search: 'how to leave a planet',
  email: 'trillian@galaxy.example',
  folder: 'arthurdent',
};
const secrets = Object.values(plain);
/** What anybody may: that it is found shows that the secrets would be. */
const open = 'forty-two';

function telemetryAt(recorder: Recorder, over: Partial<TelemetryOptions> = {}): Telemetry {
  const telemetry = createTelemetry({
    product: { name: 'editor', version: '1.2.3' },
    endpoint: recorder.address,
    retry: { initialBackoffMs: 20, maxBackoffMs: 100 },
    ...over,
  });
  onTestFinished(() => void telemetry.shutdown({ timeoutMs: 10 }));
  return telemetry;
}

function logEverything(telemetry: Telemetry): void {
  const path = ['', 'home', plain.folder, 'notes.txt'].join('/');
  telemetry.log({
    name: 'search.done',
    properties: { open, owner: plain.owner, search: plain.search, note: `mail ${plain.email}`, path },
  });
  telemetry.projectActivity(plain.project, 'opened');
  telemetry.fault(new Error(`${plain.email} cannot open ${path}`));
}

const classOf = (_: string, property: string) =>
  property === 'owner' ? 'identity' : property === 'search' ? 'sensitive' : undefined;

async function delivered(telemetry: Telemetry): Promise<void> {
  await eventually(
    async () => ((await telemetry.flush({ timeoutMs: 1_000 })).pending === 0 ? true : undefined),
    waitMs,
    () => JSON.stringify(telemetry.stats()),
  );
}

const eventsOf = (batches: readonly EventBatch[]) => batches.flatMap(({ events }) => events);

describe('what identifies a user', () => {
  test.each([
    ['an external user by the rules', { user: { id: plain.user, email: plain.email } }],
    ['an external user by word', { user: { id: plain.user }, audience: 'external' as const }],
  ])('of %s is plain neither on the disk nor on the wire', async (_, options) => {
    const recorder = await Recorder.start();
    const { dataDir, collector } = await runCollector();
    const folder = temporaryFolder();
    const privacy = { hash, classOf, companyDomains: ['company.example'] };
    const telemetry = telemetryAt(recorder, { ...options, privacy, store: { folder } });
    logEverything(telemetry);
    await telemetry.flush({ timeoutMs: 1_000 });
    const onDisk = bytesIn(folder);
    expect(foundIn(onDisk, [open, hmac(plain.user)])).toHaveLength(2);
    expect(foundIn(onDisk, secrets)).toStrictEqual([]);

    recorder.open(collector.grpcAddress);
    await delivered(telemetry);
    expect(foundIn(recorder.recorded, [open, hmac(plain.user), hmac(plain.project), hmac(plain.owner)])).toHaveLength(
      4,
    );
    expect(foundIn(recorder.recorded, secrets)).toStrictEqual([]);
    expect(foundIn(bytesIn(dataDir), secrets)).toStrictEqual([]);
    const [batch] = await spooledBatches(dataDir);
    expect(batch?.core?.user).toMatchObject({ id: hmac(plain.user), hashKeyId: 'k1' });
    expect(telemetry.stats()).toMatchObject({ withheld: 1, scrubbed: { email: 2, urlUser: 0 } });
    // The property, the message, and each frame of the stack that lies under a user's folder where the tests run.
    expect(telemetry.stats().scrubbed.path).toBeGreaterThanOrEqual(2);
  });

  test('of an external user is left out where there is no key, and an error says so once', async () => {
    const recorder = await Recorder.start();
    const { dataDir, collector } = await runCollector();
    recorder.open(collector.grpcAddress);
    const telemetry = telemetryAt(recorder, { user: { id: plain.user }, privacy: { classOf }, store: 'memory' });
    const errors: string[] = [];
    telemetry.on('error', ({ message }) => errors.push(message));
    logEverything(telemetry);
    await delivered(telemetry);
    expect(foundIn(recorder.recorded, [open])).toStrictEqual([open]);
    expect(foundIn(recorder.recorded, secrets)).toStrictEqual([]);
    expect((await spooledBatches(dataDir))[0]?.core?.user).toBeUndefined();
    expect(errors).toStrictEqual([expect.stringMatching(/^privacy.hash: not given/)]);
  });

  test('of an internal user is plain', async () => {
    const recorder = await Recorder.start();
    const { collector } = await runCollector();
    recorder.open(collector.grpcAddress);
    const user = { id: plain.user, email: 'zaphod@company.example' };
    const privacy = { hash, classOf, companyDomains: ['company.example'] };
    const telemetry = telemetryAt(recorder, { user, privacy, store: 'memory' });
    logEverything(telemetry);
    await delivered(telemetry);
    expect(foundIn(recorder.recorded, secrets)).toStrictEqual(secrets);
    // It tells who is internal, and goes nowhere.
    expect(foundIn(recorder.recorded, [user.email])).toStrictEqual([]);
  });
});

describe('what the blacklist bans', () => {
  const banned = 'secret.used';
  const list = listOf([banPrefix('secret.')], 7);
  const declared = { reason: DropReason.BLACKLISTED, blacklistVersion: 7n };

  async function bannedBy(telemetry: Telemetry, origin: string): Promise<void> {
    const origins: string[] = [];
    telemetry.on('blacklist', (notice) => {
      if (notice.version === 7 && notice.entries === 1 && notice.problem === undefined) {
        origins.push(notice.origin);
      }
    });
    await eventually(() => (telemetry.stats().blacklist.version === 7 ? true : undefined), waitMs);
    expect(origins).toStrictEqual([origin]);
  }

  test('is not sent, is not kept, and is declared with the version; the next process begins with the list', async () => {
    const recorder = await Recorder.start();
    const dataDir = await tempFolder();
    await keepList(dataDir, list);
    const { collector } = await runCollector({ dataDir });
    recorder.open(collector.grpcAddress);
    const folder = temporaryFolder();
    const first = telemetryAt(recorder, { store: { folder } });
    await bannedBy(first, 'collector');
    first.log({ name: 'a.b', properties: { open } });
    first.log({ name: banned });
    first.log({ name: 'a.c' });
    await delivered(first);
    await eventually(() => (bytesIn(folder).includes('secret.') ? true : undefined), waitMs);
    expect(first.stats().droppedByReason).toStrictEqual({ blacklisted: 1 });
    await first.shutdown();

    recorder.open('127.0.0.1:1');
    const second = telemetryAt(recorder, { store: { folder } });
    second.log({ name: banned });
    second.log({ name: 'a.d', properties: { open } });
    await bannedBy(second, 'store');
    second.log({ name: banned });
    await second.flush({ timeoutMs: 1_000 });
    expect(foundIn(bytesIn(folder), [open, banned])).toStrictEqual([open]);
    expect(second.stats()).toMatchObject({ highestSeq: 3, pending: 1, droppedByReason: { blacklisted: 2 } });

    recorder.open(collector.grpcAddress);
    await delivered(second);
    expect(foundIn(recorder.recorded, [open, banned])).toStrictEqual([open]);
    const batches = await spooledBatches(dataDir);
    expect(eventsOf(batches).map(({ name }) => name)).toStrictEqual(['a.b', 'a.c', 'a.d']);
    expect(batches.flatMap(({ dropped }) => dropped)).toMatchObject([
      { firstSeq: 2n, lastSeq: 2n, ...declared },
      { firstSeq: 1n, lastSeq: 1n, ...declared },
      { firstSeq: 3n, lastSeq: 3n, ...declared },
    ]);
  });

  test('is cut out of what an earlier process has left on the disk', async () => {
    const recorder = await Recorder.start();
    const { dataDir, collector } = await runCollector();
    const folder = temporaryFolder();
    const first = telemetryAt(recorder, { store: { folder } });
    first.log({ name: 'a.b', properties: { open } });
    first.log({ name: banned });
    await first.shutdown({ timeoutMs: 1_000 });
    expect(foundIn(bytesIn(folder), [open, banned])).toStrictEqual([open, banned]);

    await writeFile(join(folder, 'blacklist'), toBinary(BlacklistSchema, list));
    const second = telemetryAt(recorder, { store: { folder } });
    await bannedBy(second, 'store');
    recorder.open(collector.grpcAddress);
    const batches = await eventually(async () => {
      await second.flush({ timeoutMs: 200 });
      const spooled = await spooledBatches(dataDir);
      return spooled.length > 0 ? spooled : undefined;
    }, waitMs);
    expect(eventsOf(batches).map(({ name }) => name)).toStrictEqual(['a.b']);
    expect(batches.flatMap(({ dropped }) => dropped)).toMatchObject([{ firstSeq: 2n, lastSeq: 2n, ...declared }]);
    expect(foundIn(recorder.recorded, [open, banned])).toStrictEqual([open]);
    expect(foundIn(bytesIn(join(folder, 'channels')), [banned])).toStrictEqual([]);
  });
});
