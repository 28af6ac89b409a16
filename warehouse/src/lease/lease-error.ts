/** Loads cannot be held up: another repair does, or no longer does so reliably. Retryable. */
export class LeaseError extends Error {
  override readonly name = 'LeaseError';
}
