import { arch, availableParallelism, hostname, platform, release, totalmem } from 'node:os';
import type { MachineFacts } from '../resolve-options.ts';

/** Names of the operating systems as the protocol has them, where Node's own differ. */
const systemNames: Readonly<Record<string, string>> = { darwin: 'macos', win32: 'windows' };

/** What Node knows of the machine it runs on. */
export function machineFacts(): MachineFacts {
  const system = platform();
  return {
    machine: {
      architecture: arch(),
      logicalProcessors: availableParallelism(),
      memoryBytes: totalmem(),
      locale: new Intl.DateTimeFormat().resolvedOptions().locale,
    },
    hostName: hostname(),
    operatingSystem: { name: systemNames[system] ?? system, version: release() },
  };
}
