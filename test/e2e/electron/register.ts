/** Gives the stand-in to whoever imports `electron`. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: import.meta.resolve('./electron.ts'), format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
});
