import type { CrashPoint, Step } from './child-options.ts';
import { report } from './report.ts';

/** Counts the steps of a process, and ends it at one of them. */
export class CrashCounter {
  readonly #point: CrashPoint | undefined;
  readonly #counts = new Map<Step, number>();

  constructor(point: CrashPoint | undefined) {
    this.#point = point;
  }

  /** A step begins: kills the process if this is the point, and otherwise says in which moment of this very step it has to die. */
  begin(step: Step): CrashPoint['moment'] | undefined {
    const count = (this.#counts.get(step) ?? 0) + 1;
    this.#counts.set(step, count);
    const point = this.#point;
    if (point?.step !== step || point.count !== count) {
      return undefined;
    }
    if (point.moment === 'before' || (point.moment === 'during' && step !== 'write')) {
      this.die();
    }
    return point.moment;
  }

  /** SIGKILL, as the system or an impatient user gives it. */
  die(): void {
    const { step, count, moment } = this.#point ?? { step: '', count: 0, moment: '' };
    report({ kind: 'crashing', at: `${moment} ${step} ${count}` });
    process.kill(process.pid, 'SIGKILL');
  }
}
