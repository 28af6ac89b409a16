import { createHmac } from 'node:crypto';
import type { Audience, Machine, OperatingSystem, Product, User } from '../index.ts';
import { chanceFrom } from './chance.ts';

/** A user of the simulated application, with their device. */
export interface DemoUser {
  readonly user: User;
  readonly audience: Audience;
  readonly machine: Machine;
  readonly operatingSystem: OperatingSystem;
  readonly product: Product;
  /** Identifiers of their notebooks. */
  readonly projects: readonly [string, ...string[]];
}

/** The version with the fault: see `demo-features.ts`. */
export const faultyVersion = '2.4.0';

const versions: readonly [Product, ...Product[]] = [
  { name: 'demo-notes', version: '2.3.1', releaseChannel: 'stable' },
  { name: 'demo-notes', version: faultyVersion, releaseChannel: 'stable' },
  { name: 'demo-notes', version: '2.2.7', releaseChannel: 'stable' },
  { name: 'demo-notes', version: '2.5.0-beta.2', releaseChannel: 'beta' },
];

const systems: readonly [OperatingSystem, ...OperatingSystem[]] = [
  { name: 'windows', version: '10.0.26100' },
  { name: 'macos', version: '15.2' },
  { name: 'linux', version: '6.12' },
];

const locales = ['en-US', 'de-CH', 'fr-FR', 'ja-JP', 'pt-BR'] as const;

const gibibyte = 2 ** 30;
const hashKeyId = 'demo-key-1';

/** Makes the users of a seed: the same ones each time. One in eight works for the maker of the application. */
export function demoUsers(count: number, seed: string): readonly DemoUser[] {
  return Array.from({ length: count }, (_, index) => demoUser(index + 1, seed));
}

function demoUser(number: number, seed: string): DemoUser {
  const chance = chanceFrom(`${seed} user ${number}`);
  // As an application does it: employees in plain, everybody else by a keyed hash of the account.
  const internal = number % 8 === 0;
  const account = `user-${number}@demo.example`;
  const hashed = (text: string) => createHmac('sha256', seed).update(text).digest('hex').slice(0, 32);
  const projects = Array.from({ length: chance.between(0, 3) }, (_, index) => hashed(`${account} notebook ${index}`));
  return {
    user: internal ? { id: account } : { id: hashed(account), hashKeyId },
    audience: internal ? 'internal' : 'external',
    machine: {
      id: hashed(`${account} machine`),
      architecture: chance.pick(['x64', 'x64', 'arm64']),
      logicalProcessors: chance.pick([4, 8, 8, 16]),
      memoryBytes: chance.pick([8, 16, 16, 32]) * gibibyte,
      locale: chance.pickSkewed(locales),
    },
    operatingSystem: chance.pickSkewed(systems),
    product: chance.pickSkewed(versions),
    projects: [hashed(`${account} notebook`), ...projects],
  };
}
