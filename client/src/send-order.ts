import type { SealedBatch } from './seal-batch.ts';
import type { Upload, UploadOwner } from './upload.ts';

/** Which batch is sent next: what has to be sent again before anything new, and after a failure another one than the last time. */
export class SendOrder<Batch extends SealedBatch> {
  readonly #owner: UploadOwner<Batch>;
  /** To be sent before anything new. */
  #again: Upload<Batch>[] = [];
  /** What was sent last to see whether the collector takes anything. */
  #lastProbe: Upload<Batch> | undefined;

  constructor(owner: UploadOwner<Batch>) {
    this.#owner = owner;
  }

  /** Batches that are to be sent again, or were looked at. */
  get size(): number {
    return this.#again.length;
  }

  /** Whether there is something to send. */
  hasNext(): boolean {
    const upload = this.#again.length === 0 ? this.#owner.next() : undefined;
    if (upload !== undefined) {
      this.#again.push(upload);
    }
    return this.#again.length > 0;
  }

  next(): Upload<Batch> | undefined {
    return this.#again.shift() ?? this.#owner.next();
  }

  /** One batch to see whether the collector is well again: not the one of the last time where there is another, lest one bad batch hold up all. */
  nextProbe(): Upload<Batch> | undefined {
    const other = this.#again.find((upload) => upload !== this.#lastProbe) ?? this.#owner.next();
    const probe = other ?? this.#again[0];
    this.#again = this.#again.filter((upload) => upload !== probe);
    this.#lastProbe = probe ?? this.#lastProbe;
    return probe;
  }

  /** The collector is well: the next probe may be any. */
  forgetProbe(): void {
    this.#lastProbe = undefined;
  }

  /** The collector has refused it for now. */
  deferred(upload: Upload<Batch>): void {
    this.#again.push(upload);
  }

  /** A connection has ended without answers for these: they come before those that were waiting. */
  unanswered(uploads: readonly Upload<Batch>[]): void {
    this.#again = [...uploads, ...this.#again];
  }

  /** Takes out what was never sent, or all. */
  takeBack(which: 'unsent' | 'all'): Upload<Batch>[] {
    const isBack = ({ attempts }: Upload<Batch>): boolean => which === 'all' || attempts === 0;
    const uploads = this.#again.filter(isBack);
    this.#again = this.#again.filter((upload) => !isBack(upload));
    return uploads;
  }
}
