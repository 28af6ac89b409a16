import type { Telemetry } from '../index.ts';
import type { Chance } from './chance.ts';
import { type DemoFeature, demoFeatures, toError } from './demo-features.ts';
import { type DemoUser, faultyVersion } from './demo-users.ts';

/** Something that the user does. */
export interface DemoStep {
  /** How long after the step before it. */
  readonly waitMs: number;
  readonly log: (telemetry: Telemetry) => void;
}

const useCountMin = 4;
const useCountMax = 30;
/** Between two things that a user does, on average. */
const meanPauseMs = 1_200;
const savePart = 0.15;
const crashPart = 0.02;

/** What happens in a session: the application starts, a notebook is opened, features are used, the application ends or crashes. */
export function* demoSession({ projects, product }: DemoUser, chance: Chance): Generator<DemoStep, void, void> {
  const projectId = chance.pickSkewed(projects);
  const project = { projectType: 'notebook', itemCount: chance.between(3, 400) };
  const firstRun = chance.happens(0.05);
  const trigger = chance.pickSkewed(['user', 'file', 'update']);
  yield step(0, (telemetry) => telemetry.sessionStarted({ firstRun, trigger }));
  const startMs = chance.around(320);
  yield step(startMs, (telemetry) => telemetry.measured('app.start', startMs));
  yield step(50, (telemetry) => telemetry.projectActivity(projectId, 'opened', project));
  for (let uses = chance.between(useCountMin, useCountMax); uses > 0; uses--) {
    yield* useFeature(chance.pickSkewed(demoFeatures), product.version === faultyVersion, chance);
    if (chance.happens(savePart)) {
      yield step(20, (telemetry) => telemetry.projectActivity(projectId, 'saved', project));
    }
  }
  const usedBytes = Math.round(chance.around(180e6));
  yield step(100, (telemetry) => telemetry.measured('memory.used', usedBytes, { unit: 'By' }));
  if (chance.happens(crashPart)) {
    const error = toError({ type: 'RangeError', message: 'out of memory', frames: ['grow (notes/buffer.js:31:11)'] });
    // Nobody tells of the end of such a session.
    yield step(10, (telemetry) => telemetry.fault(error, { severity: 'crash' }));
    return;
  }
  yield step(200, (telemetry) => telemetry.projectActivity(projectId, 'closed', project));
  yield step(10, (telemetry) => telemetry.sessionEnded({ reason: 'closed' }));
}

function* useFeature(feature: DemoFeature, inFaultyVersion: boolean, chance: Chance): Generator<DemoStep, void, void> {
  const { name, durationMs: usualMs, fault } = feature;
  const durationMs = usualMs === undefined ? undefined : chance.around(usualMs);
  const failure = (inFaultyVersion ? feature.failureInFaultyVersion : undefined) ?? feature.failure;
  const failed = chance.happens(failure);
  const outcome = failed ? 'failure' : chance.happens(0.01) ? 'cancelled' : 'success';
  yield step(chance.waitFor(meanPauseMs), (telemetry) => telemetry.featureUsed(name, { outcome, durationMs }));
  if (durationMs !== undefined) {
    yield step(0, (telemetry) => telemetry.measured(name, durationMs));
  }
  if (failed && fault !== undefined) {
    const error = toError(fault);
    yield step(0, (telemetry) => telemetry.fault(error, { feature: name, severity: 'error' }));
  }
}

function step(waitMs: number, log: DemoStep['log']): DemoStep {
  return { waitMs, log };
}
