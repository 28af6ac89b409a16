import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { StartError } from '../start-error.ts';

/** How a command that calls a service shows who it is. */
export interface CallerOptions {
  readonly key?: string;
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsClientCertificate?: string;
  readonly tlsClientPrivateKey?: string;
}

/** Files in PEM for a call that is encrypted. */
export interface CallerTls {
  readonly ca?: Buffer;
  readonly certificate?: Buffer;
  readonly privateKey?: Buffer;
}

/** Adds the options of a command that calls a service. */
export function withCallerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--key <key>', 'key to show; in the variable it is not seen by other users').env('TELEMETRY_KEY'),
    )
    .addOption(new Option('--tls', 'encrypt (default: with one of the following)').env('TELEMETRY_TLS'))
    .addOption(
      new Option('--tls-ca <file>', "who may sign the service's certificate (default: the system's)").env(
        'TELEMETRY_TLS_CA',
      ),
    )
    .addOption(
      new Option('--tls-client-certificate <file>', 'certificate to show, where one is asked for').env(
        'TELEMETRY_TLS_CLIENT_CERTIFICATE',
      ),
    )
    .addOption(
      new Option('--tls-client-private-key <file>', 'private key of that certificate').env(
        'TELEMETRY_TLS_CLIENT_PRIVATE_KEY',
      ),
    );
}

/** Whether the call is to be encrypted. */
export function isEncrypted(options: CallerOptions): boolean {
  return options.tls === true || options.tlsCa !== undefined || options.tlsClientCertificate !== undefined;
}

/** What to encrypt the call with; undefined when it is not. Throws `StartError` when a file cannot be read. */
export function callerTls(options: CallerOptions): CallerTls | undefined {
  if (!isEncrypted(options)) return undefined;
  const { tlsCa, tlsClientCertificate, tlsClientPrivateKey } = options;
  if ((tlsClientCertificate === undefined) !== (tlsClientPrivateKey === undefined)) {
    throw new StartError('Give both --tls-client-certificate and --tls-client-private-key, or neither.');
  }
  return {
    ...(tlsCa === undefined ? {} : { ca: read(tlsCa, '--tls-ca') }),
    ...(tlsClientCertificate === undefined
      ? {}
      : { certificate: read(tlsClientCertificate, '--tls-client-certificate') }),
    ...(tlsClientPrivateKey === undefined ? {} : { privateKey: read(tlsClientPrivateKey, '--tls-client-private-key') }),
  };
}

function read(path: string, option: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`${option}: ${path} cannot be read (${detail}).`, cause);
  }
}
