import { ChannelCredentials } from 'nice-grpc';

/** How to encrypt the way to a collector. What is given is PEM, as text or bytes; not the path of a file. */
export interface TlsOptions {
  /** Certificates of those who may sign the collector's. Default: those of the system. */
  readonly ca?: string | Uint8Array | undefined;
  /** Certificate to show, where the collector asks for one (mutual TLS). Needs `privateKey`. */
  readonly certificate?: string | Uint8Array | undefined;
  /** Private key of that certificate. */
  readonly privateKey?: string | Uint8Array | undefined;
}

/** What of a channel's options decides about encryption. */
interface EncryptionOptions {
  readonly tls?: TlsOptions | undefined;
  readonly credentials?: ChannelCredentials | undefined;
}

/**
 * The credentials of grpc-js for an address; undefined leaves it to the address: TLS for https, none for any other.
 *
 * @throws TypeError when options exclude each other, or cannot be used.
 */
export function channelCredentials(
  endpoint: string,
  { tls, credentials }: EncryptionOptions,
): ChannelCredentials | undefined {
  if (tls === undefined) {
    return credentials;
  }
  if (credentials !== undefined) {
    throw new TypeError('tls and credentials: both are given; give the one or the other');
  }
  if (endpoint.startsWith('http://')) {
    throw new TypeError(`tls: ${endpoint} is not encrypted; write https:// or leave the scheme out`);
  }
  if ((tls.certificate === undefined) !== (tls.privateKey === undefined)) {
    throw new TypeError('tls.certificate and tls.privateKey: give both or neither');
  }
  try {
    return ChannelCredentials.createSsl(toBuffer(tls.ca), toBuffer(tls.privateKey), toBuffer(tls.certificate));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`tls: cannot be used (${detail}); give PEM, and the private key of the certificate`, { cause });
  }
}

function toBuffer(pem: string | Uint8Array | undefined): Buffer | undefined {
  return pem === undefined ? undefined : Buffer.from(pem);
}
