import { readFileSync } from 'node:fs';
import { arch, totalmem } from 'node:os';
import { createTelemetry } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { describe, expect, test } from 'vitest';
import { architecture } from '../../client/src/node/facts/architecture.ts';
import { linuxVersion, parseOsRelease } from '../../client/src/node/facts/linux-version.ts';
import { macVersionOfKernel, plistVersion } from '../../client/src/node/facts/mac-version.ts';
import { windowsVersion } from '../../client/src/node/facts/windows-version.ts';

describe('Linux by its os-release', () => {
  test.each([
    [
      'Ubuntu',
      'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n',
      'Ubuntu 24.04',
    ],
    ['Debian', 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nID=debian\n', 'Debian GNU/Linux 12'],
    [
      'Fedora',
      'NAME="Fedora Linux"\nVERSION="41 (Workstation Edition)"\nID=fedora\nVERSION_ID=41\n',
      'Fedora Linux 41',
    ],
    ['Alpine', 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\n', 'Alpine Linux 3.20.3'],
    ['Red Hat', "NAME='Red Hat Enterprise Linux'\r\nVERSION_ID='9.4'\r\n", 'Red Hat Enterprise Linux 9.4'],
    ['Arch, without versions', '# rolling\nNAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n', 'Arch Linux'],
    ['one without a name', 'ID=tiny\nVERSION_ID=1', 'tiny 1'],
    ['nothing', '\n# nothing\nnot a line\n', undefined],
  ])('%s', (_, text, version) => {
    expect(linuxVersion(text)).toBe(version);
  });

  test('quotes as a shell reads them', () => {
    expect(Object.fromEntries(parseOsRelease('A="x \\"y\\" \\$z"\nB=\'x "y"\'\nC=\nlower=x\n1D=x'))).toStrictEqual({
      A: 'x "y" $z',
      B: 'x "y"',
      C: '',
    });
  });
});

describe('macOS', () => {
  test('by its SystemVersion.plist', () => {
    const plist = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
	<key>ProductBuildVersion</key>
	<string>24C101</string>
	<key>ProductName</key>
	<string>macOS</string>
	<key>ProductVersion</key>
	<string>15.2</string>
</dict></plist>`;
    expect(plistVersion(plist)).toBe('15.2');
    expect(plistVersion('<plist></plist>')).toBeUndefined();
  });

  test.each([
    ['25.0.0', '26'],
    ['24.2.0', '15'],
    ['20.6.0', '11'],
    ['19.6.0', '10.15'],
    ['17.7.0', '10.13'],
    ['odd', undefined],
  ])('by its kernel %s', (release, version) => {
    expect(macVersionOfKernel(release)).toBe(version);
  });
});

describe('Windows by its build and edition', () => {
  test.each([
    ['10.0.26100', 'Windows 11 Pro', '10.0.26100 (11 24H2)'],
    ['10.0.22631', 'Windows 10 Home', '10.0.22631 (11 23H2)'],
    ['10.0.19045', 'Windows 10 Enterprise', '10.0.19045 (10 22H2)'],
    ['10.0.99999', 'Windows 11 Pro', '10.0.99999 (11)'],
    ['10.0.21999', 'Windows 10 Pro', '10.0.21999 (10)'],
    ['10.0.20348', 'Windows Server 2022 Datacenter', '10.0.20348 (Server 2022)'],
    ['6.3.9600', 'Windows Server 2012 R2 Standard', '6.3.9600 (Server 2012 R2)'],
    ['6.1.7601', 'Windows 7 Ultimate', '6.1.7601 (7)'],
    ['odd', '', 'odd'],
  ])('%s, %s', (release, edition, version) => {
    expect(windowsVersion(release, edition)).toBe(version);
  });
});

test.each([
  ['x86_64', 'x64'],
  ['AMD64', 'x64'],
  ['aarch64', 'arm64'],
  ['ARM64', 'arm64'],
  ['riscv64', 'the process’s'],
])('the architecture of a machine that calls itself %s', (machine, expected) => {
  expect(architecture(machine, 'the process’s')).toBe(expected);
});

test('the common schema fills itself in', async () => {
  const channel = memoryChannel();
  const telemetry = createTelemetry({ product: 'editor', channel });
  telemetry.log({ name: 'a' });
  await telemetry.shutdown();
  const core = channel.batches[0]?.core;
  expect(core?.user).toBeUndefined();
  expect(core?.machine).toMatchObject({ architecture: arch(), memoryBytes: BigInt(totalmem()) });
  expect(core?.machine?.locale).toMatch(/^[a-z]{2,3}(-|$)/);
  expect(core?.session?.id).toMatch(/^[0-9a-f]{32}$/);
  expect(core?.operatingSystem?.version).not.toBe('');
  if (process.platform === 'linux') {
    const name = parseOsRelease(readFileSync('/etc/os-release', 'utf8')).get('NAME');
    expect(core?.operatingSystem).toMatchObject({ name: 'linux', version: expect.stringContaining(name ?? '') });
  }
});

test('an event of the core alone is possible, as in the first version of the schema', async () => {
  const channel = memoryChannel();
  const telemetry = createTelemetry({ product: 'editor', channel });
  telemetry.log({ name: 'editor.started' });
  expect(await telemetry.shutdown()).toMatchObject({ acknowledged: 1, dropped: 0 });
  expect(channel.expectEvent({ name: 'editor.started' })).toMatchObject({
    data: undefined,
    properties: {},
    measurements: {},
  });
});
