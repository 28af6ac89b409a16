import { protocolLimits } from '@telemetry/gen/constants';
import type { Consent } from './api.ts';
import type { BeforeLog } from './application-gate.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Core, Machine, OperatingSystem, Product, Session, User } from './core.ts';
import type { DebugWriter } from './debug-view.ts';
import {
  ackTimeoutMsDefault,
  flushIntervalMsDefault,
  queueBytesDefault,
  queueEventsDefault,
  windowBatchesDefault,
} from './limits.ts';
import { completePlatform, type Platform } from './platform.ts';
import { type PrivacySettings, resolvePrivacy } from './privacy/privacy-options.ts';
import { defaultRetryPolicy, type RetryPolicy } from './retry-decision.ts';
import type { TelemetryOptions } from './telemetry-options.ts';
import { toHex } from './to-hex.ts';
import { exceedsUtf8, truncateUtf8 } from './utf8.ts';

/** Options with nothing left open but the channel. */
export interface ResolvedOptions {
  /** The user and the audience as they were given. */
  readonly core: Core;
  readonly catalogue: Catalogue | undefined;
  readonly beforeLog: BeforeLog | undefined;
  readonly debug: DebugWriter | undefined;
  readonly privacy: PrivacySettings;
  /** Name of the machine. Never sent: it tells whether the user belongs to the company. */
  readonly hostName: string | undefined;
  readonly consent: Consent;
  readonly sessionStartUnixUs: number;
  readonly platform: Platform;
  readonly flushIntervalMs: number;
  readonly queueEventsMax: number;
  readonly queueBytesMax: number;
  readonly windowBatches: number;
  readonly ackTimeoutMs: number;
  readonly retry: RetryPolicy;
}

/** What the surroundings say of themselves, where the application does not. */
export interface MachineFacts {
  readonly machine: Omit<Machine, 'id'>;
  readonly operatingSystem: OperatingSystem | undefined;
  /** Name of the machine, with its domain where it has one. */
  readonly hostName?: string | undefined;
  /** Name of the account that the process runs under. Not there where no account is known. */
  readonly accountName?: (() => string | undefined) | undefined;
}

/**
 * Checks the options and fills in what is not given.
 *
 * @throws TypeError naming the option that is wrong: a mistake of the programmer, seen at the first start.
 */
export function resolveOptions(options: TelemetryOptions<Catalogue | undefined>, facts: MachineFacts): ResolvedOptions {
  const platform = completePlatform(options.platform ?? {});
  const session: Session = options.session ?? { id: randomId(platform), startTimeUnixUs: platform.nowUnixUs() };
  const core: Core = {
    product: checkProduct(productOf(options)),
    user: userOf(options, facts),
    machine: checkMachine({ id: randomId(platform), ...facts.machine, ...defined(options.machine) }),
    operatingSystem: checkOperatingSystem(options.operatingSystem ?? facts.operatingSystem),
    session: checkSession(session),
    audience: checkAudience(options.audience),
  };
  return {
    core,
    catalogue: checkCatalogue(options.catalogue),
    beforeLog: checkFunction('beforeLog', options.beforeLog),
    debug: checkFunction('debug', options.debug),
    privacy: resolvePrivacy(options.privacy),
    hostName: facts.hostName,
    consent: checkConsent(options.consent ?? 'granted'),
    sessionStartUnixUs: session.startTimeUnixUs ?? 0,
    platform,
    flushIntervalMs: positive('flushIntervalMs', options.flushIntervalMs ?? flushIntervalMsDefault),
    queueEventsMax: positive('queueEventsMax', options.queueEventsMax ?? queueEventsDefault),
    queueBytesMax: positive('queueBytesMax', options.queueBytesMax ?? queueBytesDefault),
    windowBatches: positive('windowBatches', options.windowBatches ?? windowBatchesDefault),
    ackTimeoutMs: positive('ackTimeoutMs', options.ackTimeoutMs ?? ackTimeoutMsDefault),
    retry: checkRetry({ ...defaultRetryPolicy, ...defined(options.retry) }),
  };
}

function productOf({ product, version, releaseChannel }: TelemetryOptions<Catalogue | undefined>): Product {
  if (typeof product === 'string') {
    return { name: product, version, releaseChannel };
  }
  if (version !== undefined || releaseChannel !== undefined) {
    throw new TypeError('version and releaseChannel: give them in product, or give product as a name');
  }
  return product;
}

function userOf({ user }: TelemetryOptions<Catalogue | undefined>, facts: MachineFacts): User | undefined {
  if (user !== 'account') {
    return user === undefined ? undefined : checkUser(user);
  }
  if (facts.accountName === undefined) {
    throw new TypeError('user: "account" means nothing on this platform; give { id }');
  }
  const id = facts.accountName();
  return id === undefined ? undefined : { id: truncateUtf8(id, protocolLimits.identifierBytesMax) };
}

function checkFunction<Callback>(option: string, value: Callback | undefined): Callback | undefined {
  if (value !== undefined && typeof value !== 'function') {
    throw new TypeError(`${option}: is not a function`);
  }
  return value;
}

function checkCatalogue(catalogue: Catalogue | undefined): Catalogue | undefined {
  if (catalogue !== undefined && typeof catalogue?.toEvent !== 'function') {
    throw new TypeError('catalogue: is none; make it with defineCatalogue');
  }
  if (catalogue?.problem !== undefined) {
    throw new TypeError(`catalogue: ${catalogue.problem}`);
  }
  return catalogue;
}

function checkProduct(product: Product | undefined): Product {
  if (product === undefined || product === null || product.name === undefined || product.name === '') {
    throw new TypeError('product.name: missing; give the name that analysts will filter by, such as "editor"');
  }
  identifier('product.name', product.name);
  identifier('product.version', product.version);
  identifier('product.releaseChannel', product.releaseChannel);
  return { ...product };
}

/**
 * A user as the wire can have it.
 *
 * @throws TypeError naming the part that is wrong.
 */
export function checkUser(user: User): User {
  if (typeof user !== 'object' || user === null || user.id === undefined || user.id === '') {
    throw new TypeError('user.id: missing; give a stable identifier, or no user');
  }
  identifier('user.id', user.id);
  identifier('user.hashKeyId', user.hashKeyId);
  return { ...user };
}

function checkMachine(machine: Machine): Machine {
  identifier('machine.id', machine.id);
  identifier('machine.architecture', machine.architecture);
  identifier('machine.locale', machine.locale);
  wholeNumber('machine.logicalProcessors', machine.logicalProcessors, 0xffff_ffff);
  wholeNumber('machine.memoryBytes', machine.memoryBytes, Number.MAX_SAFE_INTEGER);
  return machine;
}

function checkOperatingSystem(operatingSystem: OperatingSystem | undefined): OperatingSystem | undefined {
  identifier('operatingSystem.name', operatingSystem?.name);
  identifier('operatingSystem.version', operatingSystem?.version);
  return operatingSystem;
}

function checkSession(session: Session): Session {
  identifier('session.id', session.id);
  wholeNumber('session.startTimeUnixUs', session.startTimeUnixUs, Number.MAX_SAFE_INTEGER);
  return { ...session };
}

function checkAudience(audience: Core['audience']): Core['audience'] {
  if (audience !== undefined && audience !== 'internal' && audience !== 'external') {
    throw new TypeError(`audience: ${JSON.stringify(audience)} is neither "internal" nor "external"`);
  }
  return audience;
}

function checkConsent(consent: Consent): Consent {
  if (consent !== 'granted' && consent !== 'denied') {
    throw new TypeError(`consent: ${JSON.stringify(consent)} is neither "granted" nor "denied"`);
  }
  return consent;
}

function checkRetry(retry: RetryPolicy): RetryPolicy {
  for (const [name, value] of Object.entries(retry)) {
    positive(`retry.${name}`, value);
  }
  return retry;
}

function identifier(option: string, value: unknown): void {
  if (value === undefined) {
    return;
  }
  if (typeof value !== 'string') {
    throw new TypeError(`${option}: ${String(value)} is not a text`);
  }
  if (exceedsUtf8(value, protocolLimits.identifierBytesMax)) {
    throw new TypeError(`${option}: longer than ${protocolLimits.identifierBytesMax} bytes`);
  }
}

function wholeNumber(option: string, value: unknown, max: number): void {
  if (value !== undefined && !(Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max)) {
    throw new TypeError(`${option}: ${String(value)} is not a whole number from 0 to ${max}`);
  }
}

function positive(option: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw new TypeError(`${option}: ${String(value)} is not a number above 0`);
  }
  return value;
}

/** Without the entries that are there and undefined, which would overwrite what is filled in. */
function defined<Options extends object>(options: Options | undefined): Partial<Options> {
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Options>;
}

function randomId(platform: Platform): string {
  return toHex(platform.randomBytes(16));
}
