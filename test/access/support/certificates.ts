import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate with its private key, in PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Who signs certificates. */
export interface Authority extends Certificate {
  /** A certificate for 127.0.0.1 and localhost, signed by this authority. */
  issue(name: string): Certificate;
}

/** A new authority. Made by hand, so that the tests need nothing that is not there. */
export function makeAuthority(name: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const own = build({ subject: name, issuer: name, publicKey, signer: privateKey, isAuthority: true });
  return {
    certificate: own,
    privateKey: pemOf(privateKey),
    issue(subject) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const facts = { subject, issuer: name, publicKey: pair.publicKey, signer: privateKey, isAuthority: false };
      return { certificate: build(facts), privateKey: pemOf(pair.privateKey) };
    },
  };
}

interface Facts {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly isAuthority: boolean;
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(identifier('2a8648ce3d040302'));

/** A certificate of X.509, version 3 (RFC 5280, 4.1). */
function build({ subject, issuer, publicKey, signer, isAuthority }: Facts): string {
  const alternativeNames = sequence(tagged(0x82, Buffer.from('localhost')), tagged(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = sequence(
    extension('551d13', sequence(...(isAuthority ? [tagged(0x01, Buffer.from([0xff]))] : []))),
    extension('551d11', alternativeNames),
  );
  const toSign = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    sequence(time(Date.now() - DAY_MS), time(Date.now() + DAY_MS)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  );
  const signature = sign('sha256', toSign, signer);
  const der = sequence(toSign, ECDSA_WITH_SHA256, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines.trimEnd()}\n-----END CERTIFICATE-----\n`;
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function identifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

function extension(hex: string, value: Buffer): Buffer {
  return sequence(identifier(hex), tagged(0x04, value));
}

function nameOf(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(identifier('550403'), tagged(0x0c, Buffer.from(commonName)))));
}

/** UTCTime, to the second. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return tagged(0x17, Buffer.from(`${text}Z`));
}
