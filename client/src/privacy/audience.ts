import type { Audience } from '../core.ts';

/** What is known of whoever uses the application. None of it is sent; it decides on the audience alone. */
export interface AudienceFacts {
  /** Identifier of the user as the application gives it; it may be an account name or an e-mail address. */
  readonly userId?: string | undefined;
  readonly email?: string | undefined;
  /** Name of the account in a directory, such as "alice@corp.example" or "CORP\\alice". */
  readonly userPrincipalName?: string | undefined;
  /** Name of the machine, with its domain where it has one. */
  readonly hostName?: string | undefined;
}

/** How to tell employees from everybody else. */
export interface AudienceRules {
  /**
   * Domains of the company, such as "example.com": who has an e-mail address, a principal name or a machine in one of them or below it is
   * internal. Compared without regard to case in ASCII; an international domain is written as it is in the facts.
   */
  readonly companyDomains?: readonly string[] | undefined;
  /** Users who are internal whatever else is known: ids, e-mail addresses or principal names, such as those of test accounts. */
  readonly internalUsers?: readonly string[] | undefined;
  /** Decides before the lists do; undefined leaves it to them. One that throws, or says anything else, makes the user external. */
  readonly detect?: ((facts: AudienceFacts) => Audience | undefined) | undefined;
}

/** The audience, and what was wrong with the hook, for people. */
export interface DetectedAudience {
  readonly audience: Audience;
  readonly problem?: string | undefined;
}

/** Whether the user belongs to the company. Who is not known to is external, the side that protects more. Never throws. */
export function detectAudience(facts: AudienceFacts, rules: AudienceRules): DetectedAudience {
  let decided: unknown;
  try {
    decided = rules.detect?.(facts);
  } catch (error) {
    return {
      audience: 'external',
      problem: `privacy.detect has thrown (${describe(error)}): the user counts as external`,
    };
  }
  if (decided === 'internal' || decided === 'external') {
    return { audience: decided };
  }
  if (decided !== undefined) {
    // A promise, perhaps: its rejection would end the application.
    Promise.resolve(decided).catch(() => {});
    return {
      audience: 'external',
      problem: 'privacy.detect gave neither "internal" nor "external": the user counts as external',
    };
  }
  return { audience: isListed(facts, rules) || isOfCompany(facts, rules) ? 'internal' : 'external' };
}

function isListed({ userId, email, userPrincipalName }: AudienceFacts, { internalUsers = [] }: AudienceRules): boolean {
  const names = [userId, email, userPrincipalName]
    .filter((name) => name !== undefined && name !== '')
    .map(toLowerAscii);
  return internalUsers.some((user) => names.includes(toLowerAscii(user)));
}

function isOfCompany(facts: AudienceFacts, { companyDomains = [] }: AudienceRules): boolean {
  const domains = [
    domainOfUser(facts.userId),
    domainOfUser(facts.email),
    domainOfUser(facts.userPrincipalName),
    domainOfHost(facts.hostName),
  ];
  return companyDomains.some((company) => domains.some((domain) => isWithin(domain, trimDots(toLowerAscii(company)))));
}

/** What is behind the last "@", or before the backslash of a name such as "CORP\alice". */
function domainOfUser(name: unknown): string {
  const text = toLowerAscii(name);
  const at = text.lastIndexOf('@');
  return trimDots(at > 0 ? text.slice(at + 1) : text.slice(0, Math.max(0, text.indexOf('\\'))));
}

/** The name of a machine without its first part: one that has no other is in no domain. */
function domainOfHost(hostName: unknown): string {
  const text = trimDots(toLowerAscii(hostName));
  const dot = text.indexOf('.');
  return dot < 0 ? '' : text.slice(dot + 1);
}

function isWithin(domain: string, company: string): boolean {
  return company !== '' && (domain === company || domain.endsWith(`.${company}`));
}

/** A list may write "@example.com" or ".example.com", and a name of the DNS end with a dot. */
function trimDots(domain: string): string {
  const start = domain.startsWith('@') || domain.startsWith('.') ? 1 : 0;
  return domain.slice(start, domain.endsWith('.') ? -1 : undefined);
}

/** In ASCII only: other letters, such as the sign for kelvin, would turn into those of another domain. */
function toLowerAscii(text: unknown): string {
  return typeof text === 'string' ? text.trim().replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : '';
}

function describe(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return 'something that cannot be described';
  }
}
