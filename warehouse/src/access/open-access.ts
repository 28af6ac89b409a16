import type { Logger } from 'pino';
import { AccessError } from './access-error.ts';
import { serviceKeyOf } from './access-key.ts';
import { type AccessKeys, noAccessKeys } from './access-keys.ts';
import { KeyWatch } from './key-watch.ts';
import type { TlsFiles } from './tls-material.ts';
import { TlsWatch } from './tls-watch.ts';

/** Who may reach a service, and how. */
export interface AccessOptions {
  /** File of the keys that callers must show, once it holds one; read anew when it changes. Not set: nobody is asked. */
  readonly keysFile?: string | undefined;
  /** Text of a key for the other services of the same run. It works where keys are on, and turns nothing on. */
  readonly serviceKey?: string | undefined;
  /** Ask for a key even while the file holds none. Default false. */
  readonly requireKeys?: boolean | undefined;
  /** Certificate of the ports; read anew when its files change. Not set: nothing is encrypted. */
  readonly tls?: TlsFiles | undefined;
}

/** What `AccessOptions` came to. */
export interface OpenAccess {
  readonly keys: AccessKeys;
  readonly tls: TlsWatch | undefined;
  /** Files that could not be read again, since the start. */
  readonly faults: () => number;
  stop(): void;
}

/** Reads keys and certificate, and watches them. Throws AccessError when they cannot be used. */
export function openAccess(options: AccessOptions, logger: Logger | undefined): OpenAccess {
  const { keysFile, serviceKey, requireKeys = false, tls: files } = options;
  const onFault = (error: Error) => logger?.error({ err: error }, 'the files of keys or certificates cannot be used');
  if (requireKeys && keysFile === undefined) throw new AccessError('Keys are asked for, and there is no file of keys.');
  const keys =
    keysFile === undefined
      ? undefined
      : new KeyWatch({
          path: keysFile,
          serviceKey: serviceKey === undefined ? undefined : serviceKeyOf(serviceKey),
          isRequired: requireKeys,
          onFault,
        });
  try {
    const tls = files === undefined ? undefined : new TlsWatch({ files, onFault });
    tls?.onChange(() => logger?.info('the certificate was read anew'));
    return {
      keys: keys ?? noAccessKeys,
      tls,
      faults: () => (keys?.faults ?? 0) + (tls?.faults ?? 0),
      stop() {
        keys?.stop();
        tls?.stop();
      },
    };
  } catch (error) {
    keys?.stop();
    throw error;
  }
}

/** What is missing before a service may be reached from other machines; undefined when nothing is. */
export function missingForRemote({ keys, tls }: OpenAccess): string | undefined {
  const missing = [
    keys.isOn ? undefined : 'nobody is asked for a key (make one with `telemetry keys add`)',
    tls === undefined ? 'nothing is encrypted (give --tls-certificate and --tls-private-key)' : undefined,
  ].filter((one) => one !== undefined);
  return missing.length === 0 ? undefined : missing.join(', and ');
}
