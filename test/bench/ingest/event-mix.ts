import type { Core, SequencedEvent } from '@telemetry/client/relay';

/** Products of the fleet, and what their users do. */
const PRODUCTS = ['editor', 'notes', 'board', 'mail'];
const AREAS = ['document', 'search', 'format', 'share', 'export', 'review', 'table', 'chart'];
const ACTIONS = ['open', 'insert', 'undo', 'apply', 'close'];
const METRICS = ['document.open', 'search.latency', 'frame.time', 'sync.duration'];
const FAULTS = ['TypeError', 'RangeError', 'NetworkError', 'java.io.IOException'];
const LOCALES = ['en-US', 'de-CH', 'fr-FR', 'ja-JP', 'pt-BR', 'es-MX'];
const SYSTEMS: readonly (readonly [string, string])[] = [
  ['windows', '11.0.26100'],
  ['windows', '10.0.19045'],
  ['macos', '15.1'],
  ['linux', '6.8.0'],
  ['android', '15'],
];

/** Between two events of a user who works: a second or two. */
const EVENT_DISTANCE_US_MAX = 3_000_000;
/** Batches are a minute old as a rule, and some come from clients that were offline for a day. */
const BATCH_AGE_US_MAX = 86_400_000_000;

/** Uniform in [0, 1). */
export type Random = () => number;

function pick<Value>(values: readonly Value[], random: Random): Value {
  // The square makes the first common and the last rare, as features are.
  return values[Math.floor(random() ** 2 * values.length)] as Value;
}

/** What one client is, but for what tells it from all others: user, machine and session. */
export function coreOf(ids: { user: string; machine: string; session: string }, nowUs: number, random: Random): Core {
  const [name, version] = pick(SYSTEMS, random);
  return {
    product: {
      name: pick(PRODUCTS, random),
      version: `4.${Math.floor(random() * 12)}.0`,
      releaseChannel: random() < 0.9 ? 'stable' : 'beta',
    },
    user: { id: ids.user, hashKeyId: 'k1' },
    machine: {
      id: ids.machine,
      architecture: random() < 0.7 ? 'x64' : 'arm64',
      logicalProcessors: 2 ** (2 + Math.floor(random() * 3)),
      memoryBytes: 2 ** (33 + Math.floor(random() * 3)),
      locale: pick(LOCALES, random),
    },
    operatingSystem: { name, version },
    session: { id: ids.session, startTimeUnixUs: nowUs - Math.floor(random() * BATCH_AGE_US_MAX) },
    audience: random() < 0.1 ? 'internal' : 'external',
  };
}

/**
 * What a user did: of 100 events 78 uses of 40 features, 12 measurements, 3 plain events, 3 on projects, 2 faults, 2 of the session's
 * life. A third has one or two properties, a tenth a measurement. A thousand have 66 kB, 18 kB gzipped.
 */
export function eventsOf(count: number, nowUs: number, random: Random): SequencedEvent[] {
  let timeUnixUs = nowUs - Math.floor(random() ** 4 * BATCH_AGE_US_MAX) - count * EVENT_DISTANCE_US_MAX;
  return Array.from({ length: count }, (_, index) => {
    timeUnixUs += Math.floor(random() * EVENT_DISTANCE_US_MAX);
    return { seq: index + 1, timeUnixUs, ...contentOf(random), ...customOf(random) };
  });
}

type Content = Pick<SequencedEvent, 'name' | 'data' | 'tier'>;

function contentOf(random: Random): Content {
  const chance = random() * 100;
  if (chance < 78) return featureUse(random);
  if (chance < 90) return performance(random);
  if (chance < 93) return { name: 'window.focused', tier: 'diagnostic' };
  if (chance < 96) return projectActivity(random);
  if (chance < 98) return fault(random);
  if (chance < 99) return { name: 'session.started', data: { kind: 'sessionStart', firstRun: random() < 0.05 } };
  const durationMs = Math.floor(random() * 7_200_000);
  return {
    name: 'session.ended',
    data: { kind: 'sessionEnd', durationMs, activeMs: durationMs / 2, reason: 'closed' },
  };
}

function featureUse(random: Random): Content {
  const feature = `${pick(AREAS, random)}.${pick(ACTIONS, random)}`;
  const outcome = random() < 0.95 ? 'success' : 'failure';
  return { name: 'feature.used', data: { kind: 'featureUse', feature, outcome, durationMs: skewed(400, random) } };
}

function performance(random: Random): Content {
  return {
    name: 'performance.measured',
    data: { kind: 'performance', metric: pick(METRICS, random), value: skewed(900, random), unit: 'ms' },
  };
}

function projectActivity(random: Random): Content {
  const projectId = `p-${hexOf(random, 12)}`;
  return {
    name: 'project.saved',
    tier: 'long',
    data: {
      kind: 'projectActivity',
      projectId,
      action: 'saved',
      projectType: 'document',
      itemCount: Math.floor(random() * 300),
    },
  };
}

function fault(random: Random): Content {
  const type = pick(FAULTS, random);
  const frames = Array.from(
    { length: 6 },
    () => `    at ${pick(AREAS, random)}.${pick(ACTIONS, random)} (main.js:${Math.floor(random() * 9_000)})`,
  );
  return {
    name: 'fault.raised',
    data: {
      kind: 'fault',
      type,
      message: 'cannot read the property',
      stack: frames.join('\n'),
      severity: 'error',
      feature: `${pick(AREAS, random)}.open`,
    },
  };
}

function customOf(random: Random): Pick<SequencedEvent, 'properties' | 'measurements'> {
  const chance = random();
  const properties: Record<string, string> = { format: pick(['pdf', 'html', 'markdown', 'docx'], random) };
  if (chance < 0.1) properties['source'] = pick(['menu', 'shortcut', 'toolbar', 'voice'], random);
  const measurements = { items: Math.floor(random() * 50) };
  return { ...(chance < 0.33 ? { properties } : {}), ...(random() < 0.1 ? { measurements } : {}) };
}

/** Mostly small, sometimes large, in tenths. */
function skewed(scale: number, random: Random): number {
  return Math.round(-Math.log(1 - random()) * scale * 10) / 10;
}

function hexOf(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}
