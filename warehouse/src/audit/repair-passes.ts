import { REPAIR_PASSES_MAX } from '../limits.ts';

/** Repairs until a pass changes nothing, or it has been tried often enough: the audit that follows says what is left. */
export async function repairInPasses(pass: () => Promise<number>): Promise<void> {
  for (let passes = 0; passes < REPAIR_PASSES_MAX; passes++) {
    if ((await pass()) === 0) return;
  }
}
