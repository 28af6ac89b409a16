import { createHmac } from 'node:crypto';
import { protocolLimits } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { checkEvent } from '../../client/src/check-event.ts';
import type { EventData, TelemetryEvent } from '../../client/src/event.ts';
import { keyedHash } from '../../client/src/privacy/keyed-hash.ts';
import { type PrivacyGateOptions, privacyGate } from '../../client/src/privacy/privacy-gate.ts';
import type { PropertyClass } from '../../client/src/privacy/property-class.ts';

const key = 'k'.repeat(32);
const hash = keyedHash({ id: 'k1', key });
const hmac = (text: string) => createHmac('sha256', key).update(text).digest('hex');
const folder = ['', 'home', 'alice', 'x'].join('/');
const classes: Readonly<Record<string, PropertyClass>> = { owner: 'identity', query: 'sensitive', page: 'public' };

function gate(over: Partial<PrivacyGateOptions> = {}) {
  return privacyGate({ audience: () => 'external', hash, classOf: (_, property) => classes[property], ...over });
}

const event: TelemetryEvent = {
  name: 'page.viewed',
  properties: { page: 'start', owner: 'alice', query: 'how to', mail: 'to bob@example.com', path: folder },
  measurements: { owner: 7, query: 3, size: 9 },
  tier: 'long',
  time: 5,
};

describe('the properties of an event', () => {
  it('of an external user: public ones scrubbed, identities hashed, sensitive ones left out', () => {
    const privacy = gate();
    const admitted = privacy.admit(event) as TelemetryEvent;
    expect({ ...admitted.properties }).toStrictEqual({
      page: 'start',
      owner: hmac('alice'),
      mail: 'to <email>',
      path: `${['', 'home'].join('/')}/<user>/x`,
    });
    expect({ ...admitted.measurements }).toStrictEqual({ size: 9 });
    expect(admitted).toMatchObject({ name: 'page.viewed', tier: 'long', time: 5 });
    expect(privacy.scrubbed).toStrictEqual({ email: 1, path: 1, urlUser: 0 });
    expect(privacy.withheld).toBe(3);
  });

  it('of a user who is not known to be internal are those of an external one', () => {
    expect((gate({ audience: () => undefined }).admit(event) as TelemetryEvent).properties).not.toHaveProperty('query');
  });

  it('of an internal user stay as they are', () => {
    const privacy = gate({ audience: () => 'internal', hash: undefined });
    expect(privacy.admit(event)).toBe(event);
    expect([privacy.scrubbed, privacy.withheld]).toStrictEqual([{ email: 0, path: 0, urlUser: 0 }, 0]);
  });

  it('without a key lose their identities, which are never sent plain', () => {
    let told = 0;
    const privacy = gate({
      hash: undefined,
      onWithheld: () => {
        told += 1;
      },
    });
    const { properties } = privacy.admit(event) as TelemetryEvent;
    expect(properties).not.toHaveProperty('owner');
    expect(properties).toMatchObject({ page: 'start' });
    expect([told, privacy.withheld]).toStrictEqual([1, 4]);
  });

  it('go by the class that the catalogue gives them for that event', () => {
    const privacy = gate({
      classOf: (name, property) => (name === 'a.b' && property === 'x' ? 'sensitive' : undefined),
    });
    expect({
      ...(privacy.admit({ name: 'a.b', properties: { x: '1', y: '2' } }) as TelemetryEvent).properties,
    }).toStrictEqual({ y: '2' });
    const other = { name: 'a.c', properties: { x: '1' } };
    expect(privacy.admit(other)).toBe(other);
  });

  it('may have any name, and a name that identifies is scrubbed too', () => {
    const properties = Object.create(null);
    const prototypeName = '__proto__';
    properties[prototypeName] = 'alice@example.com';
    properties['bob@example.com'] = 'x';
    const admitted = gate().admit({ name: 'a.b', properties }) as TelemetryEvent;
    expect(Object.entries(admitted.properties ?? {})).toStrictEqual([
      [prototypeName, '<email>'],
      ['<email>', 'x'],
    ]);
  });

  it.each([protocolLimits.valueBytesMax - 1, protocolLimits.valueBytesMax])(
    'of %i bytes keep their limit when they are scrubbed, which makes them longer',
    (sizeBytes) => {
      const text = `${['', 'home', 'a'].join('/')} `.repeat(2_000).slice(0, sizeBytes);
      const admitted = gate().admit({ name: 'a.b', properties: { text } }) as TelemetryEvent;
      expect(Buffer.byteLength(admitted.properties?.['text'] ?? '')).toBe(protocolLimits.valueBytesMax);
      expect(checkEvent(admitted)).toBeUndefined();
    },
  );

  it('that were too long before stay so, and are refused', () => {
    const text = 'a@example.com '.repeat(2_000);
    expect(checkEvent(gate().admit({ name: 'a.b', properties: { text } }) as TelemetryEvent)).toContain(
      'properties.text',
    );
  });
});

describe('the payload of an external user', () => {
  it.each<[EventData, EventData]>([
    [
      { kind: 'featureUse', feature: 'mail alice@example.com', count: 2 },
      { kind: 'featureUse', feature: 'mail <email>', count: 2 },
    ],
    [
      {
        kind: 'fault',
        type: 'Error',
        message: `open ${folder}`,
        stack: `at f (${folder}:1:2)`,
        severity: 'crash',
        fingerprint: 'f',
      },
      {
        kind: 'fault',
        type: 'Error',
        message: `open ${folder.replace('alice', '<user>')}`,
        stack: `at f (${folder.replace('alice', '<user>')}:1:2)`,
        severity: 'crash',
        fingerprint: 'f',
      },
    ],
    [
      { kind: 'performance', metric: 'a@example.com', value: 1, unit: 'ms' },
      { kind: 'performance', metric: '<email>', value: 1, unit: 'ms' },
    ],
    [
      { kind: 'sessionStart', firstRun: true, trigger: folder },
      { kind: 'sessionStart', firstRun: true, trigger: folder.replace('alice', '<user>') },
    ],
    [
      { kind: 'projectActivity', projectId: 'secret-plan', action: 'opened', itemCount: 3 },
      { kind: 'projectActivity', projectId: hmac('secret-plan'), action: 'opened', itemCount: 3 },
    ],
  ])('%o', (data, expected) => {
    expect((gate().admit({ name: 'a.b', data }) as TelemetryEvent).data).toEqual(expected);
  });

  it.each<EventData>([
    { kind: 'featureUse', feature: '/users/list' },
    { kind: 'fault', type: 'Error', message: 'not found', stack: 'at f (node:fs:1:2)' },
    { kind: 'performance', metric: 'open', value: 1 },
    { kind: 'sessionStart', trigger: 'user' },
    { kind: 'sessionEnd', durationMs: 5 },
  ])('is the same object where nothing is to be changed: %o', (data) => {
    const logged = { name: 'a.b', data };
    expect(gate().admit(logged)).toBe(logged);
  });

  it('without a key counts its project under a name that is none', () => {
    const data: EventData = { kind: 'projectActivity', projectId: 'secret-plan' };
    expect((gate({ hash: undefined }).admit({ name: 'a.b', data }) as TelemetryEvent).data).toMatchObject({
      projectId: 'withheld',
    });
  });
});

it('an event of a class with getters is protected as any other', () => {
  class Logged {
    get name() {
      return 'a.b';
    }
    get data(): EventData {
      return { kind: 'fault', type: 'Error', message: 'alice@example.com' };
    }
    get tier() {
      return 'long' as const;
    }
  }
  expect(gate().admit(new Logged())).toMatchObject({ name: 'a.b', data: { message: '<email>' }, tier: 'long' });
});

it.each([
  { name: 5 },
  { name: 'a.b', properties: { x: 5 } },
  { name: 'a.b', properties: { x: undefined, mail: 'a@example.com' } },
  { name: 'a.b', data: { kind: 'projectActivity', projectId: 5 } },
  { name: 'a.b', data: { kind: 'projectActivity', projectId: '' } },
  { name: 'a.b', data: { kind: 'nothing' } },
  { name: 'a.b', data: { kind: 'fault', type: 5 } },
  { name: 'a.b', measurements: { x: 'a' } },
])('what an untyped caller gives is refused as before: %o', (logged) => {
  const untyped = logged as unknown as TelemetryEvent;
  const problem = checkEvent(untyped);
  expect(problem).toBeDefined();
  expect(checkEvent(gate().admit(untyped) as TelemetryEvent)).toBe(problem);
});
