/** A repair cannot go on. What was done so far is whole; running the audit again goes on from there. */
export class RepairError extends Error {
  override readonly name = 'RepairError';
}
