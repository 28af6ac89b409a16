import { crc32 } from 'node:zlib';
import type { Telemetry } from '../api.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { DeliveryFactory } from '../delivery.ts';
import { streamLingerMsDefault } from '../limits.ts';
import { memoryDelivery } from '../memory-delivery.ts';
import { type ResolvedOptions, resolveOptions } from '../resolve-options.ts';
import type { NamedChannel } from '../store/channel-lane.ts';
import { memoryStoreDelivery } from '../store/memory-store-delivery.ts';
import { storedDelivery } from '../store/stored-delivery.ts';
import { telemetryClient } from '../telemetry-client.ts';
import type { FolderStore, TelemetryOptions } from '../telemetry-options.ts';
import { chooseChannels } from './choose-channels.ts';
import { defaultStoreFolder } from './default-folder.ts';
import { onProcessExit } from './exit-hook.ts';
import { folderBackend } from './folder-backend.ts';
import { installId } from './install-id.ts';
import { machineFacts } from './machine-facts.ts';
import { loadNativeLock } from './native-lock.ts';
import { zlibCompression } from './zlib-compression.ts';

/**
 * Creates the client of a process: one for its whole life. It connects when there is something to send.
 *
 * @throws TypeError naming the option when one is wrong: no product name, an address that is none. Nothing after that throws.
 */
export function createTelemetry<const C extends Catalogue | undefined = undefined>(
  options: TelemetryOptions<C>,
): Telemetry<C> {
  const channels = chooseChannels(options);
  const asked = resolveOptions(options, machineFacts());
  const folder = chooseFolder(options, asked);
  const resolved = folder === undefined ? asked : withInstallId(asked, options, folder);
  const delivery = chooseDelivery(folder, resolved, channels, options.store);
  const blacklist = channels.find(({ channel }) => channel.blacklist !== undefined)?.channel.blacklist;
  // The client takes any event; which of them are in the catalogue is said by the types alone, and checked as they come.
  return telemetryClient(resolved, delivery, blacklist) as Telemetry<Catalogue | undefined> as Telemetry<C>;
}

/** The folder that batches wait in; undefined: the memory. A channel of the application's own, such as that of a test, is not for other processes. */
function chooseFolder(
  { endpoint, store = endpoint === undefined ? 'memory' : {} }: TelemetryOptions<Catalogue | undefined>,
  { core }: ResolvedOptions,
): string | undefined {
  return store === 'memory' ? undefined : (store.folder ?? defaultStoreFolder(core.product.name, endpoint ?? ''));
}

/** The machine under the id of this installation, unless the application has one of its own, or may not keep any. */
function withInstallId(
  resolved: ResolvedOptions,
  { machine, consent }: TelemetryOptions<Catalogue | undefined>,
  folder: string,
): ResolvedOptions {
  const { core } = resolved;
  if (machine?.id !== undefined || consent === 'denied' || core.machine?.id === undefined) {
    return resolved;
  }
  return { ...resolved, core: { ...core, machine: { ...core.machine, id: installId(folder, core.machine.id) } } };
}

function chooseDelivery(
  folder: string | undefined,
  resolved: ResolvedOptions,
  channels: readonly [NamedChannel, ...NamedChannel[]],
  store: 'memory' | FolderStore | undefined,
): DeliveryFactory {
  const options = { ...resolved, lingerMs: streamLingerMsDefault };
  const inMemory =
    channels.length === 1
      ? memoryDelivery(channels[0].channel, options, zlibCompression)
      : memoryStoreDelivery(channels, options, zlibCompression);
  if (folder === undefined) {
    return inMemory;
  }
  const { platform } = resolved;
  const folders = channels.map(({ name }) => `channels/${name}`);
  const files = folderBackend({ folder, channels: folders, platform, loadLock: loadNativeLock });
  return storedDelivery({
    ...options,
    channels,
    backend: (typeof store === 'object' ? store.files?.(files) : undefined) ?? files,
    ...zlibCompression,
    crc32: (bytes) => crc32(bytes),
    instead: inMemory,
    onExit: onProcessExit,
  });
}
