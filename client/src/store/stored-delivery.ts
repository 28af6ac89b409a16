import { DropReason } from '@telemetry/gen/constants';
import type { BanList } from '../ban-list.ts';
import type { Channel } from '../channel.ts';
import type { Delivery, DeliveryContext, DeliveryFactory } from '../delivery.ts';
import { type ChannelError, toError } from '../errors.ts';
import type { Gzip } from '../gzip.ts';
import { batchRangesTarget, storeCloseTimeoutMs, storeFilesMax, storePollMs, storeRoomTimeoutMs } from '../limits.ts';
import type { EncodedEvents } from '../open-batch.ts';
import type { PlatformTimer } from '../platform.ts';
import { toHex } from '../resolve-options.ts';
import type { UploaderOptions } from '../uploader.ts';
import { ChannelFolder } from './channel-folder.ts';
import { ChannelSender, type Outcomes, storeError } from './channel-sender.ts';
import type { Crc32 } from './crc32.ts';
import { OutcomeMail } from './outcome-mail.ts';
import { OwnFiles } from './own-files.ts';
import type { StoreBackend } from './store-backend.ts';
import type { StoreTools } from './store-tools.ts';
import { StoreWriter } from './store-writer.ts';
import { UploaderLease } from './uploader-lease.ts';

/** A channel of a store, under a name that stays the same over the versions of an application: what waits for it is found by that. */
export interface NamedChannel {
  readonly name: string;
  readonly channel: Channel;
}

/** How a stored delivery works. */
export interface StoredDeliveryOptions extends UploaderOptions {
  readonly channels: readonly [NamedChannel, ...NamedChannel[]];
  readonly backend: StoreBackend;
  readonly gzip: Gzip;
  readonly crc32: Crc32;
  /** Files of a channel, at most. */
  readonly filesMax?: number | undefined;
  /** Takes the place of this delivery where the store cannot be used at all. */
  readonly instead: DeliveryFactory;
  /** Calls back when the process exits; returns what ends that. */
  readonly onExit?: ((atExit: () => void) => () => void) | undefined;
}

/** Keeps batches in a store, which other processes of the application share, until every channel has answered for them. */
export function storedDelivery(options: StoredDeliveryOptions): DeliveryFactory {
  return (context) => new StoredDelivery(options, context);
}

/** How many polls apart the uploader looks after what dead processes have left. */
const pollsPerRecovery = 5;

/** One channel, and this process's part in serving it. */
interface Lane {
  readonly name: string;
  readonly channel: Channel;
  readonly folder: ChannelFolder;
  readonly lease: UploaderLease;
  sender: ChannelSender | undefined;
}

class StoredDelivery implements Delivery {
  readonly #options: StoredDeliveryOptions;
  readonly #context: DeliveryContext;
  readonly #tools: StoreTools;
  readonly #producer: string;
  readonly #writer: StoreWriter;
  readonly #files: OwnFiles;
  readonly #mail: OutcomeMail;
  readonly #lanes: readonly Lane[];
  readonly #opened: Promise<void>;
  #instead: Delivery | undefined;
  #lastOrdinal = 0;
  #coreBytes = new Uint8Array(0);
  #banList: BanList | undefined;
  #poll: PlatformTimer | undefined;
  #reading = false;
  #polls = 0;
  #stopWatching: (() => void) | undefined;
  #stopAtExit: (() => void) | undefined;
  #waiters: { readonly ordinal: number; readonly resolve: () => void }[] = [];
  #closed: Promise<void> | undefined;

  constructor(options: StoredDeliveryOptions, context: DeliveryContext) {
    const { backend, gzip, crc32, channels } = options;
    const { platform, ledger, listener } = context;
    this.#options = options;
    this.#context = context;
    this.#tools = { backend, platform, gzip, crc32 };
    this.#producer = toHex(context.producerId);
    this.#lanes = channels.map((named) => this.#makeLane(named));
    const names = channels.map(({ name }) => name);
    this.#files = new OwnFiles(names, ledger, listener);
    this.#mail = new OutcomeMail(this.#producer, this.#tools);
    const folders = this.#lanes.map(({ folder }) => folder.path);
    this.#writer = new StoreWriter(this.#tools, this.#producer, folders, {
      room: () => this.#room(),
      onWritten: (written) => {
        this.#files.add(written);
        this.#wakeSenders();
      },
      onOversize: (firstSeq, lastSeq) => {
        ledger.addDeclared(firstSeq, lastSeq, DropReason.OVERSIZE);
        listener.onDropped(firstSeq, lastSeq, DropReason.OVERSIZE, 'larger than a batch may be, even alone');
      },
      onFailure: (error) => listener.onError(storeError(error)),
    });
    this.#stopAtExit = options.onExit?.(() => this.#atExit());
    this.#opened = this.#open();
  }

  get queuedEvents(): number {
    return this.#instead?.queuedEvents ?? this.#writer.heldEvents;
  }

  get heldEvents(): number {
    return this.#instead?.heldEvents ?? this.#writer.heldEvents + this.#files.pendingEvents;
  }

  get heldBytes(): number {
    return this.#instead?.heldBytes ?? this.#writer.heldBytes;
  }

  get lastOrdinal(): number {
    return this.#instead?.lastOrdinal ?? this.#lastOrdinal;
  }

  get connected(): boolean {
    return this.#instead?.connected ?? this.#lanes.some(({ sender }) => sender?.connected);
  }

  append(events: EncodedEvents): void {
    if (this.#instead !== undefined) {
      this.#instead.append(events);
      return;
    }
    this.#coreBytes = new Uint8Array(events.coreBytes);
    const dropped = this.#context.ledger.take(batchRangesTarget);
    if (events.count > 0 || dropped.length > 0) {
      this.#lastOrdinal += 1;
      this.#writer.append({ ordinal: this.#lastOrdinal, events, dropped });
    }
  }

  hurry(): void {
    this.#instead?.hurry();
    for (const { sender } of this.#lanes) {
      sender?.hurry();
    }
  }

  leave(ends: boolean): void {
    if (this.#instead !== undefined || !ends) {
      this.#instead?.leave(ends);
      return;
    }
    // Whoever the uploader is: it may be this page, which ends, and for those that come later there may be no visit.
    for (const record of this.#writer.writeAsSent()) {
      for (const { channel } of this.#lanes) {
        channel.sendOnce?.(record);
      }
    }
  }

  setBanList(list: BanList): void {
    this.#banList = list;
    for (const { sender } of this.#lanes) {
      sender?.setBanList(list);
    }
  }

  async settledUpTo(ordinal: number, timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = this.#context.platform.setTimer(() => resolve(false), timeoutMs, true);
    const waiter = { ordinal, resolve: () => resolve(true) };
    this.#waiters.push(waiter);
    const deadlineMs = this.#context.platform.monotonicMs() + timeoutMs;
    void this.#opened.then(() => {
      if (this.#instead !== undefined) {
        const leftMs = Math.max(0, deadlineMs - this.#context.platform.monotonicMs());
        void this.#instead.settledUpTo(ordinal, leftMs).then(resolve);
      }
    });
    this.#wakeWaiters();
    const settled = await promise;
    timer.cancel();
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    return settled;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #open(): Promise<void> {
    try {
      await this.#options.backend.open(this.#producer);
    } catch (error) {
      this.#fallBack(error);
      return;
    }
    this.#writer.start();
    this.#stopWatching = this.#options.backend.watch([this.#mail.folder], () => void this.#readMail());
    for (const { lease } of this.#lanes) {
      lease.start();
    }
    this.#pollLater();
  }

  /** The store cannot be used: goes on in memory. */
  #fallBack(error: unknown): void {
    const { ledger, listener } = this.#context;
    const batches = this.#writer.takeBack();
    this.#instead = this.#options.instead(this.#context);
    for (const { dropped } of batches) {
      ledger.giveBack(dropped);
    }
    for (const { events } of batches) {
      this.#instead.append(events);
    }
    this.#stopAtExit?.();
    listener.onError(storeError(error));
    if (this.#closed !== undefined) {
      void this.#instead.close();
    }
  }

  #makeLane({ name, channel }: NamedChannel): Lane {
    const { backend, platform } = this.#tools;
    const folder = new ChannelFolder(`channels/${name}`, this.#tools, (problem) => this.#onError(storeError(problem)));
    const lane: Lane = {
      name,
      channel,
      folder,
      lease: new UploaderLease(`uploader-${name}`, backend, platform, {
        onGained: () => this.#startSender(lane),
        onLost: () => {
          void lane.sender?.end();
          lane.sender = undefined;
        },
        onFailure: (error) => this.#onError(storeError(error)),
      }),
      sender: undefined,
    };
    return lane;
  }

  #startSender(lane: Lane): void {
    const { name, channel, folder, lease } = lane;
    const sender = new ChannelSender(name, keptOpen(channel), folder, this.#options, {
      confirm: () => lease.confirm(),
      get isHeld() {
        return lease.isHeld;
      },
      tellOthers: (outcomes) => this.#mail.send(outcomes),
      takeOwn: (outcomes) => this.#takeOwn(outcomes),
      fallbackCore: () => this.#coreBytes,
      onError: (error) => this.#onError(error),
    });
    if (this.#banList !== undefined) {
      sender.setBanList(this.#banList);
    }
    lane.sender = sender;
    sender.wake();
    void this.#recover();
  }

  #onError(error: ChannelError): void {
    this.#context.listener.onError(error);
  }

  #takeOwn(outcomes: Outcomes): void {
    const own = outcomes.get(this.#producer);
    if (own !== undefined) {
      this.#files.take(own);
      this.#wakeWaiters();
    }
  }

  #wakeSenders(): void {
    for (const { sender } of this.#lanes) {
      sender?.wake();
    }
  }

  #pollLater(): void {
    this.#poll = this.#context.platform.setTimer(() => {
      this.#polls += 1;
      if (this.#polls % pollsPerRecovery === 0 && this.#lanes.some(({ sender }) => sender !== undefined)) {
        void this.#recover();
      }
      void this.#readMail();
      this.#wakeSenders();
      this.#pollLater();
    }, storePollMs);
  }

  /** Whoever sends looks after what dead processes have left: when it begins, for then one may have died, and now and then. */
  async #recover(): Promise<void> {
    try {
      await this.#options.backend.recover();
      this.#wakeSenders();
    } catch (error) {
      this.#onError(storeError(error));
    }
  }

  async #readMail(): Promise<void> {
    if (this.#reading) {
      return;
    }
    this.#reading = true;
    try {
      for (const outcome of await this.#mail.receive()) {
        this.#files.take(outcome);
      }
      this.#wakeWaiters();
    } catch (error) {
      this.#onError(storeError(error));
    } finally {
      this.#reading = false;
    }
  }

  #wakeWaiters(): void {
    for (const { ordinal, resolve } of this.#waiters) {
      const oldest = Math.min(this.#writer.oldestOrdinal ?? Infinity, this.#files.oldestOrdinal ?? Infinity);
      if (oldest > ordinal && this.#instead === undefined) {
        resolve();
      }
    }
  }

  /** Waits until the fullest channel has room: the uploader makes it, which may be another process. */
  async #room(): Promise<void> {
    const { platform } = this.#context;
    const filesMax = this.#options.filesMax ?? storeFilesMax;
    const deadlineMs = platform.monotonicMs() + storeRoomTimeoutMs;
    while (platform.monotonicMs() < deadlineMs) {
      const counts = await Promise.all(this.#lanes.map(({ folder }) => this.#tools.backend.list(folder.path)));
      if (counts.every((names) => names.length < filesMax)) {
        return;
      }
      this.#wakeSenders();
      await new Promise<void>((resolve) => platform.setTimer(resolve, 50, true));
    }
  }

  #atExit(): void {
    this.#context.closeBatch();
    try {
      this.#writer.writeAtExit();
    } catch {
      // Nobody hears of it any more: the process is at its end.
    }
  }

  async #close(): Promise<void> {
    await this.#opened;
    const instead = this.#instead;
    if (instead !== undefined) {
      await instead.close();
      return;
    }
    const { platform } = this.#context;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = platform.setTimer(resolve, storeCloseTimeoutMs, true);
    await Promise.race([this.#writer.written(), promise]);
    this.#poll?.cancel();
    this.#stopWatching?.();
    await Promise.race([this.#release(), promise]);
    timer.cancel();
    if (this.#writer.oldestOrdinal === undefined) {
      this.#stopAtExit?.();
    }
  }

  async #release(): Promise<void> {
    try {
      await this.#writer.end();
      for (const { channel, lease, sender } of this.#lanes) {
        await sender?.end();
        await lease.end();
        channel.close();
      }
      await this.#options.backend.close();
    } catch (error) {
      this.#onError(storeError(toError(error)));
    }
  }
}

/** A channel that outlives those who use it: the right to send may come back. */
function keptOpen(channel: Channel): Channel {
  return { name: channel.name, connect: (listener) => channel.connect(listener), close: () => {} };
}
