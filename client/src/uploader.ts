import type { Channel, ChannelConnection, ConnectionListener } from './channel.ts';
import { ChannelError } from './errors.ts';
import { Pacer } from './pacer.ts';
import type { Platform, PlatformTimer } from './platform.ts';
import { decideAfterAck, type RetryPolicy } from './retry-decision.ts';
import type { SealedBatch } from './seal-batch.ts';
import { SendOrder } from './send-order.ts';
import { InFlightWindow, type Upload, type UploadOwner } from './upload.ts';
import type { UploaderState } from './uploader-state.ts';
import type { Ack } from './wire/decode-acks.ts';

/** How an uploader behaves. */
export interface UploaderOptions {
  /** Batches sent and not yet acknowledged, at most. */
  readonly windowBatches: number;
  /** How long to wait for an acknowledgement before the connection is taken for dead. */
  readonly ackTimeoutMs: number;
  /** How long a connection without work stays open. */
  readonly lingerMs: number;
  readonly retry: RetryPolicy;
}

/**
 * Brings batches to one channel and keeps at it: what is acknowledged is never sent again, what is not is sent until it is. Holds at most
 * a window of batches; everything else waits at its owner.
 */
export class Uploader<Batch extends SealedBatch> {
  readonly #channel: Channel;
  readonly #owner: UploadOwner<Batch>;
  readonly #options: UploaderOptions;
  readonly #platform: Platform;
  readonly #pacer: Pacer;
  readonly #inFlight = new InFlightWindow<Batch>();
  readonly #order: SendOrder<Batch>;
  #state: UploaderState = { kind: 'idle' };
  /** For the oldest acknowledgement, or for the end of a connection that was told to end. */
  #deadline: PlatformTimer | undefined;
  /** For the end of a wait, or of a connection without work. */
  #pumpTimer: PlatformTimer | undefined;
  #pumping = false;

  constructor(channel: Channel, owner: UploadOwner<Batch>, options: UploaderOptions, platform: Platform) {
    this.#channel = channel;
    this.#owner = owner;
    this.#options = options;
    this.#platform = platform;
    this.#order = new SendOrder(owner);
    this.#pacer = new Pacer(options.retry, options.windowBatches, platform);
  }

  /** Batches that the uploader holds: in flight, or to be sent again. */
  get heldBatches(): number {
    return this.#inFlight.size + this.#order.size;
  }

  get connected(): boolean {
    return this.#state.kind === 'open';
  }

  /** There is something to send, or may be. */
  wake(): void {
    if (this.#state.kind !== 'waiting') {
      this.#pump();
    }
  }

  /** Much waits that others have left: it is sent as after an outage, slowly at first. */
  beginSlowly(): void {
    this.#pacer.resume();
  }

  /**
   * Cuts the client's own backoff short. What the collector asked for is still waited out.
   *
   * @param isAwaited whether somebody waits; otherwise there may be a network again, as there may be for many others.
   */
  hurry(isAwaited: boolean): void {
    this.#pacer.hurry(isAwaited);
    if (this.#state.kind === 'waiting') {
      this.#state = { kind: 'idle' };
    }
    this.#pump();
  }

  /** Gives back to the owner what was never sent, which it may have to change; or all, what is on its way too, which it gives up. */
  takeBack(which: 'unsent' | 'all'): Upload<Batch>[] {
    return [...(which === 'all' ? this.#inFlight.reset() : []), ...this.#order.takeBack(which)];
  }

  /** Ends for good. What has no answer yet gets none. */
  close(): void {
    const state = this.#state;
    if (state.kind === 'closed') {
      return;
    }
    this.#state = { kind: 'closed' };
    this.#clearTimers();
    if ('connection' in state) {
      // The channel is closed when the connection has ended.
      state.connection.abort();
    } else {
      this.#channel.close();
    }
  }

  /** Does what can be done now: connects when there is work, sends as much as may be sent. */
  #pump(): void {
    if (this.#pumping) {
      return;
    }
    this.#pumping = true;
    try {
      if (this.#state.kind === 'idle') {
        this.#connectIfNeeded();
      } else if (this.#state.kind === 'open') {
        this.#fill(this.#state.connection);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #connectIfNeeded(): void {
    const waitMs = this.#pacer.remainingMs();
    if (waitMs > 0) {
      this.#state = { kind: 'waiting' };
      this.#pumpAfter(waitMs);
    } else if (this.#order.hasNext()) {
      this.#state = { kind: 'connecting', connection: this.#channel.connect(this.#listener()) };
    }
  }

  #fill(connection: ChannelConnection): void {
    const waitMs = this.#pacer.remainingMs();
    if (waitMs > 0) {
      this.#holdFor(waitMs, connection);
      return;
    }
    // One reading for both: what stops the sending now has to be waited for now.
    const nowMs = this.#platform.monotonicMs();
    const sent = this.#send(connection, nowMs);
    if (sent > 0) {
      connection.flush();
      this.#watchAcks();
      this.#pumpTimer?.cancel();
      this.#pumpTimer = undefined;
    }
    const resumeMs = this.#pacer.resumeMs(nowMs);
    if (resumeMs > 0) {
      this.#pumpAfter(resumeMs);
    } else if (sent === 0 && this.heldBatches === 0 && this.#pumpTimer === undefined) {
      // Once: an owner that often says that there may be something must not keep the connection open by that.
      this.#pumpAfter(this.#options.lingerMs);
    }
  }

  /** Sends what the window has room for, and returns how many batches that were. After a failure, a single one. */
  #send(connection: ChannelConnection, nowMs: number): number {
    if (this.#pacer.probing) {
      const probe = this.#inFlight.size > 0 ? undefined : this.#order.nextProbe();
      return probe === undefined ? 0 : this.#sendOne(connection, probe, nowMs);
    }
    const { windowBatches } = this.#pacer;
    let sent = 0;
    while (this.#inFlight.size < windowBatches && !connection.congested && this.#pacer.resumeMs(nowMs) === 0) {
      const upload = this.#order.next();
      if (upload === undefined) {
        if (this.#owner.hasMore !== true) {
          this.#pacer.caughtUp();
        }
        break;
      }
      sent += this.#sendOne(connection, upload, nowMs);
    }
    return sent;
  }

  #sendOne(connection: ChannelConnection, upload: Upload<Batch>, nowMs: number): 1 {
    upload.attempts += 1;
    this.#pacer.sent();
    this.#inFlight.add(upload, nowMs);
    connection.send(upload.batch, upload.attempts);
    return 1;
  }

  /** The collector wants a pause. A long one is no reason to keep a connection, which would keep the application's process alive. */
  #holdFor(waitMs: number, connection: ChannelConnection): void {
    if (waitMs > this.#options.lingerMs && this.#inFlight.size === 0) {
      this.#end(connection);
    } else {
      this.#pumpAfter(waitMs);
    }
  }

  #pumpAfter(delayMs: number): void {
    this.#pumpTimer?.cancel();
    this.#pumpTimer = this.#platform.setTimer(() => {
      this.#pumpTimer = undefined;
      if (this.#state.kind === 'waiting') {
        this.#state = { kind: 'idle' };
      } else if (this.#state.kind === 'open' && this.#inFlight.size === 0 && !this.#order.hasNext()) {
        this.#end(this.#state.connection);
      }
      this.#pump();
    }, delayMs);
  }

  #end(connection: ChannelConnection): void {
    this.#state = { kind: 'ending', connection };
    this.#deadline?.cancel();
    this.#deadline = this.#platform.setTimer(() => connection.abort(), this.#options.ackTimeoutMs);
    connection.end();
  }

  /** One timer a connection, for its oldest batch: they come by the thousand, and a timer each would cost more than all the rest. */
  #watchAcks(): void {
    const oldestSentMs = this.#inFlight.oldestSentMs;
    if (this.#deadline === undefined && oldestSentMs !== undefined) {
      const leftMs = oldestSentMs + this.#options.ackTimeoutMs - this.#platform.monotonicMs();
      this.#deadline = this.#platform.setTimer(() => this.#checkAcks(), Math.max(1, leftMs));
    }
  }

  #checkAcks(): void {
    this.#deadline = undefined;
    const state = this.#state;
    const oldestSentMs = this.#inFlight.oldestSentMs;
    if (oldestSentMs === undefined || state.kind !== 'open') {
      return;
    }
    const { ackTimeoutMs } = this.#options;
    if (this.#platform.monotonicMs() - oldestSentMs < ackTimeoutMs) {
      this.#watchAcks();
      return;
    }
    this.#state = { kind: 'ending', connection: state.connection };
    state.connection.abort();
    this.#failed(
      new ChannelError(
        `${this.#channel.name}: no acknowledgement within ${ackTimeoutMs} ms; what has no answer is sent again`,
        { kind: 'retryable' },
      ),
      this.#inFlight.size,
    );
  }

  #listener(): ConnectionListener {
    return {
      onOpen: () => {
        if (this.#state.kind === 'connecting') {
          this.#state = { kind: 'open', connection: this.#state.connection };
          this.#pump();
        }
      },
      onAcks: (acks) => this.#onAcks(acks),
      onSentAgain: () => this.#inFlight.sentAgain(),
      onDrain: () => this.#pump(),
      onEnd: (error) => this.#onEnd(error),
    };
  }

  #onAcks(acks: readonly Ack[]): void {
    if (this.#state.kind === 'closed') {
      return;
    }
    for (const ack of acks) {
      const upload = this.#inFlight.take(ack.requestIndex);
      if (upload !== undefined) {
        this.#onAck(upload, ack);
      }
    }
    this.#pump();
  }

  #onAck(upload: Upload<Batch>, ack: Ack): void {
    const decision = decideAfterAck(ack);
    if (decision === 'retry' || decision === 'hold') {
      this.#order.deferred(upload);
      this.#deferred(decision, ack);
      return;
    }
    this.#pacer.succeeded();
    this.#order.forgetProbe();
    this.#pacer.askedToWait(ack.retryDelayMs);
    this.#owner.onSettled(upload, decision, ack);
  }

  #deferred(decision: 'retry' | 'hold', ack: Ack): void {
    const { retryDelayMs, rejection } = ack;
    const kind = decision === 'hold' ? 'permanent' : 'retryable';
    const isFirst = this.#pacer.failed({ kind, retryDelayMs }, 1);
    if (isFirst && kind === 'permanent') {
      const message = `${this.#channel.name}: ${rejection?.message ?? 'refused'}; nothing is lost, mend the key`;
      this.#owner.onError(new ChannelError(message, { kind, reason: rejection?.reason, retryDelayMs }));
    }
  }

  #failed(error: ChannelError, unanswered: number): void {
    this.#pacer.failed(error, Math.max(1, unanswered));
    this.#owner.onError(error);
  }

  #onEnd(error: ChannelError | undefined): void {
    this.#clearTimers();
    const { kind } = this.#state;
    if (kind === 'closed') {
      this.#channel.close();
      return;
    }
    const unanswered = this.#inFlight.reset();
    this.#order.unanswered(unanswered);
    this.#state = { kind: 'idle' };
    if (kind !== 'ending' && (error !== undefined || unanswered.length > 0)) {
      const ended = `${this.#channel.name}: the connection ended; what has no answer is sent again`;
      this.#failed(error ?? new ChannelError(ended, { kind: 'retryable' }), unanswered.length);
    }
    this.#pump();
  }

  #clearTimers(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#pumpTimer?.cancel();
    this.#pumpTimer = undefined;
  }
}
