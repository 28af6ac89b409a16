import type { BanList } from '../ban-list.ts';
import type { Channel } from '../channel.ts';
import type { ChannelError } from '../errors.ts';
import type { SealedBatch } from '../seal-batch.ts';
import type { UploaderOptions } from '../uploader.ts';
import { ChannelFolder } from './channel-folder.ts';
import { ChannelSender } from './channel-sender.ts';
import type { OutcomeReceiver } from './outcome.ts';
import { storeError } from './store-error.ts';
import type { StoreTools } from './store-tools.ts';
import { UploaderLease } from './uploader-lease.ts';

/** A channel of a store, under a name that stays the same over the versions of an application: what waits for it is found by that. */
export interface NamedChannel {
  readonly name: string;
  readonly channel: Channel;
}

/** What a lane needs of its surroundings. */
export interface ChannelLaneContext extends OutcomeReceiver {
  /** Core for numbers of files that cannot be read. */
  fallbackCore(): Uint8Array;
  /** This process has become the uploader. */
  onGained(): void;
  onError(error: ChannelError): void;
}

/** One channel, and this process's part in serving it: it waits to become the uploader, and sends while it is. */
export class ChannelLane {
  readonly name: string;
  /** Where the channel's files are. */
  readonly path: string;
  readonly #channel: Channel;
  readonly #folder: ChannelFolder;
  readonly #tools: StoreTools;
  readonly #options: UploaderOptions & { readonly filesMax?: number | undefined };
  readonly #context: ChannelLaneContext;
  #lease: UploaderLease | undefined;
  #sender: ChannelSender | undefined;
  #banList: BanList | undefined;
  /** The end of senders whose right to send was lost. */
  #ending: Promise<void> = Promise.resolve();

  constructor(
    { name, channel }: NamedChannel,
    tools: StoreTools,
    options: UploaderOptions & { readonly filesMax?: number | undefined },
    context: ChannelLaneContext,
  ) {
    this.name = name;
    this.path = `channels/${name}`;
    this.#channel = channel;
    this.#tools = tools;
    this.#options = options;
    this.#context = context;
    this.#folder = new ChannelFolder(this.path, tools, (problem) => context.onError(storeError(problem)));
  }

  get connected(): boolean {
    return this.#sender?.connected ?? false;
  }

  /** Whether this process is the uploader. */
  get isSending(): boolean {
    return this.#sender !== undefined;
  }

  /** Begins to try to become the uploader. */
  start(): void {
    const { backend, platform } = this.#tools;
    this.#lease = new UploaderLease(`uploader-${this.name}`, backend, platform, {
      onGained: () => this.#startSender(),
      onLost: () => this.#endSender(),
      onFailure: (error) => this.#context.onError(storeError(error)),
    });
    this.#lease.start();
  }

  wake(): void {
    this.#sender?.wake();
  }

  hurry(isAwaited: boolean): void {
    this.#sender?.hurry(isAwaited);
  }

  setBanList(list: BanList): void {
    this.#banList = list;
    this.#sender?.setBanList(list);
  }

  /** Sends a batch for the first time, whoever the uploader is: it is kept as sent. */
  sendOnce(batch: SealedBatch): void {
    this.#channel.sendOnce?.(batch);
  }

  /** Breaks off what `sendOnce` has on its way. Not a part of `halt`: a page that ends may shut its client down, and what it has sent is to arrive. */
  recall(): void {
    this.#channel.recall?.();
  }

  /** Breaks off what is on its way, and lets another be the uploader. Resolves when nothing of it touches the store or the network any more. */
  async halt(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    this.#endSender();
    await this.#ending;
    await lease?.end();
    // A sender that began while the lease was ending.
    this.#endSender();
    await this.#ending;
  }

  /** Halts, and gives the channel up. */
  async close(): Promise<void> {
    await this.halt();
    this.#channel.close();
  }

  #startSender(): void {
    const lease = this.#lease;
    if (lease === undefined) {
      return;
    }
    const sender = new ChannelSender(this.name, keptOpen(this.#channel), this.#folder, this.#options, {
      ...this.#context,
      confirm: () => lease.confirm(),
      isHeld: () => lease.isHeld,
    });
    if (this.#banList !== undefined) {
      sender.setBanList(this.#banList);
    }
    this.#sender = sender;
    sender.wake();
    this.#context.onGained();
  }

  #endSender(): void {
    const sender = this.#sender;
    this.#sender = undefined;
    if (sender !== undefined) {
      this.#ending = Promise.all([this.#ending, sender.end()]).then(() => {});
    }
  }
}

/** A channel that outlives those who use it: the right to send may come back. */
function keptOpen(channel: Channel): Channel {
  return { name: channel.name, connect: (listener) => channel.connect(listener), close: () => {} };
}
