import { join } from 'node:path';
import type { AccessOptions, TlsFiles } from '@telemetry/warehouse';
import { type Command, Option } from 'commander';
import { StartError } from '../start-error.ts';

/** Name of the file of keys in the data directory, when nothing else is said. */
const KEYS_FILE = 'access-keys.json';

/** Where keys are kept. */
export interface KeysFileOptions {
  readonly dataDir: string;
  readonly keysFile?: string;
}

/** Who may reach a service, and how. */
export interface ServiceAccessOptions extends KeysFileOptions {
  readonly requireKeys: boolean;
  readonly tlsCertificate?: string;
  readonly tlsPrivateKey?: string;
  readonly tlsClientCa?: string;
}

export const keysFileOption = () =>
  new Option('--keys-file <file>', `where keys are kept, hashed (default: ${KEYS_FILE} in the data directory)`).env(
    'TELEMETRY_KEYS_FILE',
  );

/** The file of keys, which collector and warehouse share. */
export function keysFileOf({ dataDir, keysFile }: KeysFileOptions): string {
  return keysFile ?? join(dataDir, KEYS_FILE);
}

/** Adds the options of a command that runs a service. */
export function withServiceAccess(command: Command): Command {
  return command
    .addOption(keysFileOption())
    .addOption(
      new Option('--require-keys', 'ask for a key even while there is none')
        .env('TELEMETRY_REQUIRE_KEYS')
        .default(false),
    )
    .addOption(
      new Option(
        '--tls-certificate <file>',
        'certificate of all ports, in PEM; it and the key are read anew when they change',
      ).env('TELEMETRY_TLS_CERTIFICATE'),
    )
    .addOption(
      new Option('--tls-private-key <file>', 'private key of the certificate, in PEM').env('TELEMETRY_TLS_PRIVATE_KEY'),
    )
    .addOption(
      new Option(
        '--tls-client-ca <file>',
        'let only clients in whose certificate is signed by one of these (mutual TLS)',
      ).env('TELEMETRY_TLS_CLIENT_CA'),
    );
}

/** The options as the services want them. Throws `StartError` when they do not go together. */
export function serviceAccess(options: ServiceAccessOptions): AccessOptions {
  const { requireKeys } = options;
  return { keysFile: keysFileOf(options), requireKeys, tls: tlsFilesOf(options) };
}

/** The same options as arguments of another service of the same run. */
export function serviceAccessArguments(options: ServiceAccessOptions): string[] {
  const { requireKeys, tlsCertificate, tlsPrivateKey, tlsClientCa } = options;
  return [
    ...['--keys-file', keysFileOf(options)],
    ...(requireKeys ? ['--require-keys'] : []),
    ...(tlsCertificate === undefined ? [] : ['--tls-certificate', tlsCertificate]),
    ...(tlsPrivateKey === undefined ? [] : ['--tls-private-key', tlsPrivateKey]),
    ...(tlsClientCa === undefined ? [] : ['--tls-client-ca', tlsClientCa]),
  ];
}

function tlsFilesOf({ tlsCertificate, tlsPrivateKey, tlsClientCa }: ServiceAccessOptions): TlsFiles | undefined {
  if (tlsCertificate !== undefined && tlsPrivateKey !== undefined) {
    return { certificate: tlsCertificate, privateKey: tlsPrivateKey, clientCa: tlsClientCa };
  }
  if (tlsCertificate === undefined && tlsPrivateKey === undefined && tlsClientCa === undefined) return undefined;
  throw new StartError(
    'TLS needs both a certificate and its private key: give --tls-certificate and --tls-private-key.',
  );
}
