import { readFileSync } from 'node:fs';
import { arch, availableParallelism, hostname, machine, platform, release, totalmem, userInfo, version } from 'node:os';
import type { OperatingSystem } from '../core.ts';
import type { MachineFacts } from '../resolve-options.ts';
import { architecture } from './facts/architecture.ts';
import { linuxVersion } from './facts/linux-version.ts';
import { macVersionOfKernel, plistVersion } from './facts/mac-version.ts';
import { windowsVersion } from './facts/windows-version.ts';

/** What Node and the system say of the machine. Reads at most two small files, and starts no process. */
export function machineFacts(): MachineFacts {
  return {
    machine: {
      architecture: architecture(machine(), arch()),
      logicalProcessors: availableParallelism(),
      memoryBytes: totalmem(),
      // What a format of Intl would say, which takes 20 ms and more to make the first one.
      locale: navigator.language,
    },
    operatingSystem: operatingSystem(),
    hostName: hostname(),
    accountName,
  };
}

function operatingSystem(): OperatingSystem {
  switch (platform()) {
    case 'linux': {
      const file = readText('/etc/os-release') ?? readText('/usr/lib/os-release');
      return { name: 'linux', version: linuxVersion(file ?? '') ?? release() };
    }
    case 'darwin': {
      const file = readText('/System/Library/CoreServices/SystemVersion.plist');
      return { name: 'macos', version: plistVersion(file ?? '') ?? macVersionOfKernel(release()) ?? release() };
    }
    case 'win32':
      return { name: 'windows', version: windowsVersion(release(), version()) };
    default:
      return { name: platform(), version: release() };
  }
}

/** An account may have no name: in a container under a number that nobody entered. */
function accountName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
