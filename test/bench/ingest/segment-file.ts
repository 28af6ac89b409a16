import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentDigest } from '../../../collector/src/admission/content-digest.ts';
import { SEGMENT_SIZE_BYTES_MAX } from '../../../collector/src/limits.ts';
import type { LoadableSegment } from '../../../collector/src/load/segment-load.ts';
import { CollectorFields } from '../../../collector/src/spool/collector-fields.ts';
import { recordSizeBytesMax, writeRecord } from '../../../collector/src/spool/record-codec.ts';
import { makeSegmentId } from '../../../collector/src/spool/segment-id.ts';
import type { BatchFactory } from './batch-factory.ts';

/** A segment as the collector would have written it. */
export interface SegmentFile {
  readonly segment: LoadableSegment;
  readonly batches: number;
}

/** From here on a collector would load them as columns. */
const COLUMNS_EVENTS_PER_BATCH_MIN = 100;

/** Writes segments of batches by the collector's own codec, of the size at which it closes them. */
export class SegmentWriter {
  readonly #folder: string;
  readonly #factory: BatchFactory;
  readonly #eventsPerBatch: number;
  readonly #fields = new CollectorFields('bench-engine');
  readonly #buffer = Buffer.allocUnsafe(SEGMENT_SIZE_BYTES_MAX);
  #next = 0;
  #segments = 0;

  constructor(folder: string, factory: BatchFactory, eventsPerBatch: number) {
    this.#folder = folder;
    this.#factory = factory;
    this.#eventsPerBatch = eventsPerBatch;
  }

  /** The next segment, of at most `batchesMax` batches. */
  async write(batchesMax: number, nowUs: number): Promise<SegmentFile> {
    let end = 0;
    let batches = 0;
    for (; batches < batchesMax; batches++) {
      const batch = this.#factory.make(this.#next);
      const content = {
        ...batch,
        producerId: this.#factory.producerIdOf(this.#next),
        sequence: [1, this.#eventsPerBatch],
        eventCount: this.#eventsPerBatch,
        collectorFields: this.#fields.encode(nowUs, contentDigest(batch.bytes)),
      };
      if (end + recordSizeBytesMax(content) > this.#buffer.length) break;
      end += writeRecord(this.#buffer, end, content);
      this.#next++;
    }
    const form = this.#eventsPerBatch >= COLUMNS_EVENTS_PER_BATCH_MIN ? 'columns' : 'messages';
    const id = makeSegmentId(0, ++this.#segments, 'be9c0000be9c', form);
    const path = join(this.#folder, `${id}.segment.gz`);
    await writeFile(path, this.#buffer.subarray(0, end));
    return { segment: { id, path }, batches };
  }
}
