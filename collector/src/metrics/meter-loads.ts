import type { LoadSteps } from '../load/loader.ts';
import type { CollectorMeters } from './collector-meters.ts';

/** The same steps, counted and timed. */
export function meterLoads(steps: LoadSteps, meters: CollectorMeters): LoadSteps {
  return {
    ...steps,
    async insert(segment, signal) {
      const startedMs = performance.now();
      const outcome = await steps.insert(segment, signal);
      if (outcome === 'inserted') meters.loadSeconds.observe((performance.now() - startedMs) / 1000);
      return outcome;
    },
    async quarantine(segment, error) {
      await steps.quarantine(segment, error);
      meters.loadsQuarantined++;
    },
    onFailure(segment, error, failures) {
      meters.loadFailures++;
      steps.onFailure(segment, error, failures);
    },
    onLoaded(segment) {
      meters.loads++;
      steps.onLoaded(segment);
    },
  };
}
