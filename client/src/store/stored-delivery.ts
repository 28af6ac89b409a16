import { DropReason } from '@telemetry/gen/constants';
import type { BanList } from '../ban-list.ts';
import type { BlacklistStore } from '../blacklist-source.ts';
import type { Delivery, DeliveryContext, DeliveryFactory, WipeResult } from '../delivery.ts';
import type { ChannelError } from '../errors.ts';
import { batchRangesTarget, storeCloseTimeoutMs, storeFilesMax } from '../limits.ts';
import type { EncodedEvents } from '../open-batch.ts';
import { SettledWaiters } from '../settled-waiters.ts';
import { toHex } from '../to-hex.ts';
import { blacklistFile } from './blacklist-file.ts';
import { ChannelLane, type NamedChannel } from './channel-lane.ts';
import { ConsentFollower } from './consent-follower.ts';
import { handOver } from './hand-over.ts';
import { optOut } from './opt-out.ts';
import { OutcomeMail } from './outcome-mail.ts';
import { OwnFiles } from './own-files.ts';
import { storeError } from './store-error.ts';
import { isFullOfSent, listAll, waitForRoom } from './store-room.ts';
import type { StoreTools } from './store-tools.ts';
import { StoreWatch } from './store-watch.ts';
import { StoreWriter } from './store-writer.ts';
import type { StoredDeliveryOptions } from './stored-delivery-options.ts';

/** Keeps batches in a store, which other processes of the application share, until every channel has answered for them. */
export function storedDelivery(options: StoredDeliveryOptions): DeliveryFactory {
  return (context) => new StoredDelivery(options, context);
}

class StoredDelivery implements Delivery {
  readonly blacklistStore: BlacklistStore;
  readonly #options: StoredDeliveryOptions;
  readonly #context: DeliveryContext;
  readonly #tools: StoreTools;
  readonly #producer: string;
  readonly #files: OwnFiles;
  readonly #mail: OutcomeMail;
  readonly #lanes: readonly ChannelLane[];
  readonly #consent: ConsentFollower;
  readonly #waiters: SettledWaiters;
  readonly #watch: StoreWatch;
  readonly #opened: Promise<void>;
  #writer: StoreWriter;
  #instead: Delivery | undefined;
  #banList: BanList | undefined;
  #lastOrdinal = 0;
  /** The page was about to end once, and went on: it looks after what it wrote then, whoever sends. */
  #hasLeft = false;
  /** As it was found when a file was last written, or the store was opened. */
  #isFullOfSent = false;
  #coreBytes = new Uint8Array(0);
  #stopAtExit: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: StoredDeliveryOptions, context: DeliveryContext) {
    const { backend, gzip, gzipAside, crc32, channels } = options;
    const { platform, ledger, listener } = context;
    this.#options = options;
    this.#context = context;
    this.#tools = { backend, platform, gzip, gzipAside, crc32 };
    this.#producer = toHex(context.producerId);
    this.#lanes = channels.map((named) => this.#makeLane(named));
    this.#files = new OwnFiles(
      channels.map(({ name }) => name),
      ledger,
      listener,
    );
    this.#mail = new OutcomeMail(this.#producer, this.#tools);
    this.#writer = this.#makeWriter();
    this.#waiters = new SettledWaiters(platform, (ordinal) => {
      const oldest = Math.min(this.#writer.oldestOrdinal ?? Infinity, this.#files.oldestOrdinal ?? Infinity);
      return this.#instead === undefined && oldest > ordinal;
    });
    this.#consent = new ConsentFollower(this.#producer, this.#tools, {
      halt: () => this.#halt(),
      goOn: () => this.#goOn(),
      onChange: (consent) => listener.onConsent?.(consent),
    });
    this.#watch = new StoreWatch(this.#tools, [this.#mail.folder, this.#consent.folder], {
      onChange: async () => {
        await this.#readMail();
        await this.#consent.look();
      },
      onPoll: () => this.#wakeLanes(),
      recover: async () => {
        if (this.#hasLeft || this.#lanes.some(({ isSending }) => isSending)) {
          await this.#recover();
        }
      },
      onFailure: (error) => this.#onError(storeError(error)),
    });
    this.#stopAtExit = options.onExit?.(() => this.#atExit());
    this.#opened = this.#open();
    this.blacklistStore = blacklistFile(backend, () => this.#opened.then(() => this.#instead === undefined));
  }

  get #folders(): string[] {
    return this.#lanes.map(({ path }) => path);
  }

  get #filesMax(): number {
    return this.#options.filesMax ?? storeFilesMax;
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
    return this.#instead?.connected ?? this.#lanes.some(({ connected }) => connected);
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

  hurry(isAwaited: boolean): void {
    for (const sender of [...this.#lanes, this.#instead]) {
      sender?.hurry(isAwaited);
    }
  }

  leave(ends: boolean): void {
    if (this.#instead !== undefined) {
      this.#instead.leave(ends);
    } else if (ends && this.#consent.isGoing) {
      // Whoever the uploader is: it may be this page, which ends, and there may be no other visit.
      for (const record of this.#writer.writeAsSent()) {
        for (const lane of this.#lanes) {
          lane.sendOnce(record);
        }
      }
      // A page that ends never comes to this; one that goes on takes back at once what it has put aside.
      this.#context.platform.setTimer(() => {
        this.#hasLeft = true;
        this.#watch.recoverSoon();
      }, 0);
    }
  }

  setBanList(list: BanList): void {
    this.#banList = list;
    for (const keeper of [...this.#lanes, this.#instead]) {
      keeper?.setBanList(list);
    }
  }

  wipe(): Promise<WipeResult> {
    return this.#opened.then(() => this.#instead?.wipe() ?? this.#consent.deny());
  }

  resume(): Promise<void> {
    return this.#opened.then(() => this.#instead?.resume() ?? this.#consent.grant());
  }

  async settledUpTo(ordinal: number, timeoutMs: number): Promise<boolean> {
    const { platform } = this.#context;
    const deadlineMs = platform.monotonicMs() + timeoutMs;
    const instead = this.#opened.then(() =>
      this.#instead?.settledUpTo(ordinal, Math.max(0, deadlineMs - platform.monotonicMs())),
    );
    const settled = this.#waiters.wait(ordinal, timeoutMs);
    return Promise.race([settled, instead.then((answer) => answer ?? settled)]);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #open(): Promise<void> {
    const { backend } = this.#options;
    try {
      await backend.open(this.#producer);
      await this.#consent.start();
      this.#noteFiles(await listAll(backend, this.#folders));
    } catch (error) {
      await this.#fallBack(error);
      return;
    }
    this.#watch.start();
  }

  /** The store cannot be used: goes on in memory. */
  async #fallBack(error: unknown): Promise<void> {
    const { ledger, listener } = this.#context;
    const batches = await this.#writer.giveUp();
    this.#instead = this.#options.instead(this.#context);
    handOver(batches, ledger, this.#banList, this.#instead);
    this.#stopAtExit?.();
    listener.onError(storeError(error));
  }

  #makeLane(named: NamedChannel): ChannelLane {
    return new ChannelLane(named, this.#tools, this.#options, {
      tellOthers: (outcomes) => this.#mail.send(outcomes),
      takeOwn: (outcomes) => {
        const own = outcomes.get(this.#producer);
        if (own !== undefined) {
          this.#files.take(own);
          this.#waiters.look();
        }
      },
      fallbackCore: () => this.#coreBytes,
      onGained: () => this.#watch.recoverSoon(),
      onError: (error) => this.#onError(error),
    });
  }

  #makeWriter(): StoreWriter {
    const { ledger, listener, platform } = this.#context;
    const folders = this.#folders;
    return new StoreWriter(this.#tools, this.#producer, folders, {
      room: async () => {
        const { backend } = this.#tools;
        this.#noteFiles(await waitForRoom(backend, platform, folders, this.#filesMax, () => this.#wakeLanes()));
      },
      isFullOfSent: () => this.#isFullOfSent,
      onWritten: (written) => {
        this.#files.add(written);
        this.#waiters.look();
        this.#wakeLanes();
      },
      onOversize: (firstSeq, lastSeq) => {
        ledger.addDeclared(firstSeq, lastSeq, DropReason.OVERSIZE);
        listener.onDropped(firstSeq, lastSeq, DropReason.OVERSIZE, 'larger than a batch may be, even alone');
      },
      onFailure: (error) => this.#onError(storeError(error)),
    });
  }

  /** The consent was withdrawn: nothing is kept or sent any more. Resolves with how many events were given up. */
  async #halt(): Promise<number> {
    const writer = this.#writer;
    this.#writer = this.#makeWriter();
    const batches = await writer.giveUp();
    for (const lane of this.#lanes) {
      lane.recall();
    }
    await Promise.all(this.#lanes.map((lane) => lane.halt()));
    await this.#readMail();
    const events = optOut(this.#context, batches, this.#files.wipe());
    this.#waiters.look();
    return events;
  }

  #goOn(): void {
    this.#writer.start();
    for (const lane of this.#lanes) {
      lane.start();
    }
  }

  #noteFiles(listed: readonly (readonly string[])[]): void {
    this.#isFullOfSent = isFullOfSent(listed, this.#filesMax);
  }

  #onError(error: ChannelError): void {
    this.#context.listener.onError(error);
  }

  #wakeLanes(): void {
    for (const lane of this.#lanes) {
      lane.wake();
    }
  }

  /** Looks after what dead processes have left, as whoever sends does: when it begins, for then one may have died, and now and then. */
  async #recover(): Promise<void> {
    await this.#options.backend.recover();
    await this.#mail.tidy();
    this.#wakeLanes();
  }

  async #readMail(): Promise<void> {
    for (const outcome of await this.#mail.receive()) {
      this.#files.take(outcome);
    }
    this.#waiters.look();
  }

  #atExit(): void {
    this.#context.closeBatch();
    if (!this.#consent.isDenied) {
      try {
        this.#writer.writeAtExit();
      } catch {
        // Nobody hears of it any more: the process is at its end.
      }
    }
  }

  async #close(): Promise<void> {
    await this.#opened;
    if (this.#instead !== undefined) {
      await this.#instead.close();
      return;
    }
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = this.#context.platform.setTimer(resolve, storeCloseTimeoutMs, true);
    if (!this.#consent.isDenied) {
      await Promise.race([this.#writer.written(), late]);
    }
    this.#watch.end();
    await Promise.race([this.#release(), late]);
    timer.cancel();
    if (this.#writer.oldestOrdinal === undefined) {
      this.#stopAtExit?.();
    }
  }

  async #release(): Promise<void> {
    try {
      for (const lane of this.#lanes) {
        await lane.close();
      }
      await this.#options.backend.close();
    } catch (error) {
      this.#onError(storeError(error));
    }
  }
}
