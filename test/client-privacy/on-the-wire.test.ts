import { createHmac } from 'node:crypto';
import { readdirSync } from 'node:fs';
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

/** Sends an event from the beginning to the end: what another client is about to send would be there by then. */
async function somebodyElse(endpoint: string): Promise<void> {
  const telemetry = createTelemetry({ product: 'editor', endpoint, store: 'memory' });
  telemetry.log({ name: 'else' });
  expect(await telemetry.shutdown()).toMatchObject({ acknowledged: 1 });
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
    await eventually(() => (bytesIn(join(folder, 'state')).includes('secret.') ? true : undefined), waitMs);
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

  test('is cut out of what an earlier process has left on the disk, unless an attempt to send it may have been made', async () => {
    const recorder = await Recorder.start();
    const { dataDir, collector } = await runCollector();
    const folder = temporaryFolder();
    const first = telemetryAt(recorder, { store: { folder } });
    const files = 24;
    const names = () => readdirSync(join(folder, 'channels', 'main'));
    for (let file = 0; file < files; file++) {
      first.log({ name: 'a.b', properties: { open } });
      first.log({ name: banned });
      void first.flush({ timeoutMs: 1_000 });
      await eventually(() => (names().length > file ? true : undefined), waitMs);
    }
    await first.shutdown({ timeoutMs: 1_000 });
    expect(foundIn(bytesIn(folder), [open, banned])).toStrictEqual([open, banned]);
    // What was about to be sent when there was no network stays as it is; the window is sixteen.
    const unsent = names().filter((name) => name.endsWith('.batch')).length;
    expect(names()).toHaveLength(files);
    expect(unsent).toBeGreaterThan(0);

    await writeFile(join(folder, 'state', 'blacklist'), toBinary(BlacklistSchema, list));
    const second = telemetryAt(recorder, { store: { folder } });
    await bannedBy(second, 'store');
    recorder.open(collector.grpcAddress);
    await eventually(async () => {
      await second.flush({ timeoutMs: 200 });
      return names().length === 0 ? true : undefined;
    }, waitMs);
    // Batches that are sent for the first time are in the spool's own segments.
    const batches = await spooledBatches(dataDir);
    expect(eventsOf(batches).map(({ name }) => name)).toStrictEqual(Array.from({ length: unsent }, () => 'a.b'));
    const ranges = batches.flatMap(({ dropped }) => dropped);
    expect(ranges).toMatchObject(Array.from({ length: unsent }, () => declared));
    expect(recorder.recorded.toString('latin1').split(banned)).toHaveLength(files - unsent + 1);
    expect(recorder.recorded.toString('latin1').split(open)).toHaveLength(files + 1);
  });
});

describe('after an opt-out', () => {
  test('nothing is left on the disk, nothing goes over the wire, and a later consent declares the gap', async () => {
    const recorder = await Recorder.start();
    const { dataDir, collector } = await runCollector();
    const folder = temporaryFolder();
    const telemetry = telemetryAt(recorder, { store: { folder } });
    const left = 'left-behind';
    for (let index = 0; index < 3; index++) {
      telemetry.log({ name: 'a.b', properties: { left } });
      await telemetry.flush({ timeoutMs: 200 });
    }
    telemetry.log({ name: 'a.b', properties: { left } });
    expect(foundIn(bytesIn(folder), [left])).toStrictEqual([left]);
    recorder.mode = 'swallow';
    recorder.open(collector.grpcAddress);
    await eventually(() => (recorder.recorded.length > 0 ? true : undefined), waitMs);

    const denied = telemetry.setConsent('denied');
    telemetry.log({ name: 'a.c', properties: { left } });
    expect(await denied).toStrictEqual({ consent: 'denied', droppedEvents: 4, problem: undefined });
    const recordedBytes = recorder.recorded.length;
    expect(foundIn(bytesIn(folder), [left])).toStrictEqual([]);
    expect(telemetry.stats()).toMatchObject({
      highestSeq: 4,
      pending: 0,
      droppedByReason: { optedOut: 4 },
      ignoredWithoutConsent: 1,
      consent: 'denied',
    });
    recorder.mode = 'forward';
    telemetry.log({ name: 'a.c', properties: { left } });
    expect(await telemetry.flush({ timeoutMs: 1_000 })).toMatchObject({ complete: true, pending: 0 });
    await somebodyElse(collector.grpcAddress);
    expect(foundIn(bytesIn(folder), [left])).toStrictEqual([]);
    expect(foundIn(recorder.recorded.subarray(recordedBytes), [left])).toStrictEqual([]);
    expect(eventsOf(await spooledBatches(dataDir)).map(({ name }) => name)).toStrictEqual(['else']);

    expect(await telemetry.setConsent('granted')).toMatchObject({ consent: 'granted' });
    telemetry.log({ name: 'a.d', properties: { open } });
    await delivered(telemetry);
    const batches = await spooledBatches(dataDir);
    expect(eventsOf(batches).map(({ name, seq }) => [name, seq])).toStrictEqual([
      ['else', 1n],
      ['a.d', 5n],
    ]);
    const ranges = batches.flatMap(({ dropped }) => dropped);
    expect(ranges.every(({ reason }) => reason === DropReason.OPTED_OUT)).toBe(true);
    const count = ranges.reduce((sum, { firstSeq, lastSeq }) => sum + Number(lastSeq - firstSeq) + 1, 0);
    expect([count, Math.max(...ranges.map(({ lastSeq }) => Number(lastSeq)))]).toStrictEqual([4, 4]);
    expect(telemetry.stats()).toMatchObject({ acknowledged: 1, dropped: 4, undeclared: 0 });
  });

  test('nothing that waits in memory goes over the wire, what is on its way included', async () => {
    const recorder = await Recorder.start();
    const { dataDir, collector } = await runCollector();
    recorder.mode = 'swallow';
    recorder.open(collector.grpcAddress);
    const telemetry = telemetryAt(recorder, { store: 'memory' });
    const left = 'left-behind';
    telemetry.log({ name: 'a.b', properties: { left } });
    void telemetry.flush({ timeoutMs: 1_000 });
    await eventually(() => (recorder.recorded.includes(left) ? true : undefined), waitMs);
    const recordedBytes = recorder.recorded.length;
    telemetry.log({ name: 'a.b', properties: { left } });
    // Sealed, and about to follow the first.
    void telemetry.flush({ timeoutMs: 1_000 });
    expect(await telemetry.setConsent('denied')).toMatchObject({ droppedEvents: 2, problem: undefined });
    recorder.mode = 'forward';
    await somebodyElse(collector.grpcAddress);
    expect(foundIn(recorder.recorded.subarray(recordedBytes), [left])).toStrictEqual([]);
    expect(eventsOf(await spooledBatches(dataDir)).map(({ name }) => name)).toStrictEqual(['else']);
    expect(telemetry.stats()).toMatchObject({ pending: 0, droppedByReason: { optedOut: 2 }, connected: false });
  });

  test('before the first event, nothing at all goes over the wire', async () => {
    const recorder = await Recorder.start();
    const { collector } = await runCollector();
    recorder.open(collector.grpcAddress);
    const folder = temporaryFolder();
    const telemetry = telemetryAt(recorder, { store: { folder }, consent: 'denied' });
    telemetry.log({ name: 'a.b', properties: { open } });
    expect(await telemetry.flush({ timeoutMs: 1_000 })).toMatchObject({ complete: true, highestSeq: 0 });
    await somebodyElse(collector.grpcAddress);
    expect(recorder.recorded).toHaveLength(0);
    expect(foundIn(bytesIn(folder), [open])).toStrictEqual([]);
  });
});
