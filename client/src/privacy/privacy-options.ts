import type { Audience, User } from '../core.ts';
import { type AudienceRules, detectAudience } from './audience.ts';
import { type IdentifierHash, identifierHash, type KeyedHash } from './hash.ts';
import type { ClassOf } from './property-class.ts';
import { type ProtectedUser, protectUser } from './protect-user.ts';

/** How users are told apart and protected. Without any of it everybody is external, and nobody's id is sent. */
export interface PrivacyOptions extends AudienceRules {
  /**
   * By which ids of external users, ids of their projects and properties of class identity are hashed: `keyedHash({ id, key })`. Default:
   * there is none, and these are left out; an `error` handler is told once.
   */
  readonly hash?: KeyedHash | undefined;
  /** The class of a property or measurement. Default: what the catalogue says, and public where it says nothing. */
  readonly classOf?: ClassOf | undefined;
}

/** The same, checked. */
export interface PrivacySettings {
  /** Undefined: none was given, and the audience is what the application says. */
  readonly rules: AudienceRules | undefined;
  readonly hash: IdentifierHash | undefined;
  readonly classOf: ClassOf | undefined;
}

/**
 * Checks the options.
 *
 * @throws TypeError naming the option that is wrong.
 */
export function resolvePrivacy(options: PrivacyOptions = {}): PrivacySettings {
  const { companyDomains, internalUsers, detect, hash, classOf } = options;
  texts('companyDomains', companyDomains);
  texts('internalUsers', internalUsers);
  isFunction('detect', detect);
  isFunction('classOf', classOf);
  const hasRules = companyDomains !== undefined || internalUsers !== undefined || detect !== undefined;
  return {
    rules: hasRules ? { companyDomains, internalUsers, detect } : undefined,
    hash: hash === undefined ? undefined : identifierHash(hash),
    classOf,
  };
}

/** Who uses the application, as it may be sent. */
export interface Identity extends ProtectedUser {
  readonly audience: Audience | undefined;
  /** What was wrong with the hook, for people. */
  readonly problem: string | undefined;
}

/**
 * Tells who a user is to the company, and protects whoever is external.
 *
 * @param said the audience where the application says it: the rules are not asked then
 * @param hostName of the machine; undefined: not known
 */
export function identify(
  user: User | undefined,
  said: Audience | undefined,
  hostName: string | undefined,
  { rules, hash }: PrivacySettings,
): Identity {
  const facts = { userId: user?.id, email: user?.email, userPrincipalName: user?.userPrincipalName, hostName };
  const { audience, problem } =
    said !== undefined || rules === undefined ? { audience: said } : detectAudience(facts, rules);
  return { audience, problem, ...protectUser(user, audience, hash) };
}

function texts(option: string, value: unknown): void {
  if (value !== undefined && !(Array.isArray(value) && value.every((item) => typeof item === 'string'))) {
    throw new TypeError(`privacy.${option}: not a list of texts`);
  }
}

function isFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new TypeError(`privacy.${option}: not a function`);
  }
}
