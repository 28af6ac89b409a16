import type { MachineFacts } from '../resolve-options.ts';
import type { PageScope } from './page-scope.ts';

/** Families of operating systems by what a browser calls them, the narrower names first: Android calls itself Linux, too. */
const systems: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/android/i, 'android'],
  [/iphone|ipad|ipod|\bios\b/i, 'ios'],
  [/windows/i, 'windows'],
  [/mac/i, 'macos'],
  [/cros|chrome os|chromium os/i, 'chromeos'],
  [/linux/i, 'linux'],
];

/**
 * What a browser says of the machine without being asked: language, and family of the operating system. Not memory, processors or
 * versions, by which together one machine could be told from others.
 */
export function machineFacts({ navigator }: PageScope): MachineFacts {
  const system = navigator?.userAgentData?.platform || navigator?.userAgent || '';
  const name = systems.find(([pattern]) => pattern.test(system))?.[1];
  const locale = navigator?.language;
  return {
    machine: locale === undefined ? {} : { locale },
    operatingSystem: name === undefined ? undefined : { name },
  };
}
