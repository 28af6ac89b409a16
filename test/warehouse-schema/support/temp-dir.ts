import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory that goes with its scope. */
export class TempDir implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'telemetry-schema-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
