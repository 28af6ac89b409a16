import { Tier } from '@telemetry/gen/constants';
import type { TelemetryEvent } from '../event.ts';
import type { ByteWriter } from './byte-writer.ts';
import { encodeEventData } from './encode-event-data.ts';

/** Numbers of the tiers, by name. */
export const tierNumber = { standard: Tier.STANDARD, diagnostic: Tier.DIAGNOSTIC, long: Tier.LONG } as const;

/**
 * Writes an event as one entry of `EventBatch.events`, with tag and length, so that a batch is made by laying entries side by side.
 * Expects an event that `checkEvent` found nothing wrong with.
 */
export function encodeEvent(writer: ByteWriter, seq: number, timeUnixUs: number, event: TelemetryEvent): void {
  const start = writer.beginMessage(0x1a);
  writer.byte(0x08);
  writer.varint(seq);
  if (timeUnixUs !== 0) {
    writer.byte(0x10);
    writer.signedVarint(timeUnixUs);
  }
  writer.text(0x1a, event.name);
  if (event.tier !== undefined) {
    writer.byte(0x20);
    writer.byte(tierNumber[event.tier]);
  }
  if (event.data !== undefined) {
    encodeEventData(writer, event.data);
  }
  if (event.properties !== undefined) {
    encodeProperties(writer, event.properties);
  }
  if (event.measurements !== undefined) {
    encodeMeasurements(writer, event.measurements);
  }
  writer.endMessage(start);
}

function encodeProperties(writer: ByteWriter, properties: Readonly<Record<string, string>>): void {
  for (const name in properties) {
    const value = properties[name];
    if (value !== undefined) {
      writer.byte(0xa2);
      const start = writer.beginMessage(0x01);
      writer.text(0x0a, name);
      writer.text(0x12, value);
      writer.endMessage(start);
    }
  }
}

function encodeMeasurements(writer: ByteWriter, measurements: Readonly<Record<string, number>>): void {
  for (const name in measurements) {
    const value = measurements[name];
    if (value !== undefined) {
      writer.byte(0xaa);
      const start = writer.beginMessage(0x01);
      writer.text(0x0a, name);
      writer.byte(0x11);
      writer.double(value);
      writer.endMessage(start);
    }
  }
}
