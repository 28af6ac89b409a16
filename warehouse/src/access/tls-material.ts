import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { AccessError } from './access-error.ts';

/** Files of a server's certificate, in PEM. */
export interface TlsFiles {
  /** The server's certificate, followed by those between it and its root. */
  readonly certificate: string;
  readonly privateKey: string;
  /** Certificates of those who may sign clients' certificates. Set: clients must show one (mutual TLS). */
  readonly clientCa?: string | undefined;
}

/** What a server needs for TLS. */
export interface TlsMaterial {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly clientCa: Buffer | undefined;
}

/**
 * Reads the files and tries whether they belong together.
 *
 * @throws AccessError naming the files.
 */
export function readTlsMaterial(files: TlsFiles): TlsMaterial {
  const material = {
    certificate: read(files.certificate, 'certificate'),
    privateKey: read(files.privateKey, 'private key'),
    clientCa: files.clientCa === undefined ? undefined : read(files.clientCa, 'certificates of those who sign clients'),
  };
  try {
    createSecureContext(secureContextOptions(material));
    // Of these, OpenSSL passes over in silence what it cannot read.
    if (material.clientCa !== undefined) new X509Certificate(material.clientCa);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    const names = [files.certificate, files.privateKey, files.clientCa].filter((file) => file !== undefined).join(', ');
    throw new AccessError(
      `${names} cannot be used for TLS (${detail}). Give a certificate in PEM and the private key that belongs to it.`,
      { cause },
    );
  }
  return material;
}

/** The material as `node:tls` and `setSecureContext` want it. */
export function secureContextOptions({ certificate, privateKey, clientCa }: TlsMaterial) {
  return { cert: certificate, key: privateKey, ...(clientCa === undefined ? {} : { ca: clientCa }) };
}

/** The material as `node:https` servers want it. */
export function httpsServerOptions(material: TlsMaterial) {
  const isMutual = material.clientCa !== undefined;
  return { ...secureContextOptions(material), requestCert: isMutual, rejectUnauthorized: isMutual };
}

/** Whether two are the same byte for byte. */
export function isSameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  const isSame = (x: Buffer | undefined, y: Buffer | undefined) =>
    x === y || (x !== undefined && y !== undefined && x.equals(y));
  return a.certificate.equals(b.certificate) && a.privateKey.equals(b.privateKey) && isSame(a.clientCa, b.clientCa);
}

function read(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new AccessError(`The ${what} for TLS cannot be read (${detail}).`, { cause });
  }
}
