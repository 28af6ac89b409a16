/** What has to be undone when a start fails or a service stops: the last first. */
export class CleanUp {
  readonly #steps: (() => unknown)[] = [];

  /** Adds a step. */
  defer(step: () => unknown): void {
    this.#steps.push(step);
  }

  /** Runs all steps, also when some fail; then throws what the first of these threw. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
