import { describe, expect, it } from 'vitest';
import { type AudienceFacts, type AudienceRules, detectAudience } from '../../client/src/privacy/audience.ts';

const rules: AudienceRules = {
  companyDomains: ['Example.com', 'CORP'],
  internalUsers: ['tester-7', 'Bob@partner.example'],
};
const audienceOf = (facts: AudienceFacts, over: Partial<AudienceRules> = {}) =>
  detectAudience(facts, { ...rules, ...over }).audience;

describe('who belongs to the company', () => {
  it.each<AudienceFacts>([
    { email: 'alice@example.com' },
    { email: ' Alice@EXAMPLE.com ' },
    { email: 'alice@mail.example.com' },
    { email: 'alice@example.com.' },
    { userId: 'alice@example.com' },
    { userId: 'corp\\alice' },
    { userPrincipalName: 'alice@eng.example.com' },
    { userPrincipalName: 'CORP\\alice' },
    { hostName: 'pc-7.example.com' },
    { hostName: 'PC-7.eng.example.com.' },
    { userId: 'tester-7' },
    { email: 'bob@partner.example' },
    { userId: 'x', email: 'y@gmail.example', hostName: 'pc.example.com' },
  ])('%o', (facts) => {
    expect(audienceOf(facts)).toBe('internal');
  });

  it.each<AudienceFacts>([
    {},
    { userId: 'alice' },
    { email: '' },
    { email: 'alice' },
    { email: '@example.com' },
    { email: 'alice@notexample.com' },
    { email: 'alice@example.com.evil.example' },
    { email: 'alice@example.com@evil.example' },
    { email: 'example.com' },
    { email: 'alice@example' },
    { email: 'alice@com' },
    { userPrincipalName: 'corporation\\alice' },
    { userPrincipalName: 'alice\\corp' },
    { userPrincipalName: 'alice@\u212aorp' },
    { hostName: 'corp' },
    { hostName: 'example.com' },
    { hostName: 'example.com.evil.example' },
    { userId: 'tester-70' },
    { email: 5 as unknown as string },
  ])('and who does not: %o', (facts) => {
    expect(audienceOf(facts)).toBe('external');
  });

  it.each(['@example.com', '.example.com', 'example.com.'])('a domain may be written %s', (domain) => {
    expect(audienceOf({ email: 'alice@example.com' }, { companyDomains: [domain] })).toBe('internal');
    expect(audienceOf({ email: 'alice@badexample.com' }, { companyDomains: [domain] })).toBe('external');
  });

  it('is nobody where nothing is given, or what is given is empty', () => {
    const facts = { userId: '', email: 'alice@example.com', hostName: 'a.example.com' };
    for (const companyDomains of [undefined, [], [''], ['.'], ['@']]) {
      expect(audienceOf(facts, { companyDomains, internalUsers: [''] })).toBe('external');
    }
    expect(detectAudience(facts, {}).audience).toBe('external');
  });
});

describe('the hook', () => {
  it('decides before the lists, and leaves to them what it does not know', () => {
    const alice = { email: 'alice@example.com' };
    expect(audienceOf(alice, { detect: () => 'external' })).toBe('external');
    expect(audienceOf({}, { detect: ({ email }) => (email === undefined ? 'internal' : 'external') })).toBe('internal');
    expect(audienceOf(alice, { detect: () => undefined })).toBe('internal');
    expect(audienceOf({}, { detect: () => undefined })).toBe('external');
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no directory');
      },
    ],
    [
      'throws what cannot be described',
      () => {
        throw Object.create(null);
      },
    ],
    ['gives a promise', async () => 'internal'],
    [
      'gives a promise that fails',
      async () => {
        throw new Error('late');
      },
    ],
    ['gives something else', () => 'Internal'],
    ['gives null', () => null],
  ])('that %s makes the user external, and says so', (_, detect) => {
    const detected = detectAudience(
      { email: 'alice@example.com' },
      { ...rules, detect: detect as AudienceRules['detect'] },
    );
    expect(detected.audience).toBe('external');
    expect(detected.problem).toContain('external');
  });
});
