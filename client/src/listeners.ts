/** Handlers by the name of what they hear of. Their exceptions are swallowed and counted: an application's mistake must not stop the sending. */
export class Listeners<Events extends object> {
  readonly #handlers = new Map<keyof Events, Set<(payload: never) => void>>();
  #errors = 0;

  /** Exceptions that handlers have thrown. */
  get errors(): number {
    return this.#errors;
  }

  /** Adds a handler; returns what takes it away again. */
  on<Name extends keyof Events>(name: Name, handler: (payload: Events[Name]) => void): () => void {
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers);
    handlers.add(handler);
    return () => {
      handlers.delete(handler);
    };
  }

  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): void {
    for (const handler of this.#handlers.get(name) ?? []) {
      try {
        (handler as (payload: Events[Name]) => void)(payload);
      } catch {
        this.#errors += 1;
      }
    }
  }
}
