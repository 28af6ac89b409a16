/** Who sent a batch, and when. */
export interface Sending {
  readonly process: string;
  readonly atMs: number;
}

/**
 * Whether one process after another has sent: each has the right to send until it ends, so that none of its batches comes after one of a
 * process that has taken over from it.
 *
 * @param sendings in the order of their times.
 * @returns how many have sent, and what speaks against it.
 */
export function checkTenures(sendings: readonly Sending[]): { readonly tenures: number; readonly findings: string[] } {
  const over = new Set<string>();
  const findings: string[] = [];
  let current: string | undefined;
  for (const { process } of sendings) {
    if (process === current) continue;
    if (over.has(process)) {
      findings.push(`${process} sent again after ${current} had taken over`);
    }
    if (current !== undefined) over.add(current);
    current = process;
  }
  return { tenures: over.size + (current === undefined ? 0 : 1), findings };
}
