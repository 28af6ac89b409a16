import { Audience } from '@telemetry/gen/constants';
import type { Core, Machine, OperatingSystem, Product, Session, User } from '../core.ts';
import { ByteWriter } from './byte-writer.ts';

const audienceNumber = { internal: Audience.INTERNAL, external: Audience.EXTERNAL } as const;

/** Writes a `telemetry.v1.Core`, without tag and length. */
export function encodeCore(writer: ByteWriter, core: Core): void {
  if (core.user !== undefined) {
    encodeUser(writer, core.user);
  }
  if (core.machine !== undefined) {
    encodeMachine(writer, core.machine);
  }
  if (core.operatingSystem !== undefined) {
    encodeOperatingSystem(writer, core.operatingSystem);
  }
  encodeProduct(writer, core.product);
  if (core.session !== undefined) {
    encodeSession(writer, core.session);
  }
  if (core.audience !== undefined) {
    writer.byte(0x30);
    writer.varint(audienceNumber[core.audience]);
  }
}

function encodeUser(writer: ByteWriter, user: User): void {
  const start = writer.beginMessage(0x0a);
  textField(writer, 0x0a, user.id);
  textField(writer, 0x12, user.hashKeyId);
  writer.endMessage(start);
}

function encodeMachine(writer: ByteWriter, machine: Machine): void {
  const start = writer.beginMessage(0x12);
  textField(writer, 0x0a, machine.id);
  textField(writer, 0x12, machine.architecture);
  countField(writer, 0x18, machine.logicalProcessors);
  countField(writer, 0x20, machine.memoryBytes);
  textField(writer, 0x2a, machine.locale);
  writer.endMessage(start);
}

function encodeOperatingSystem(writer: ByteWriter, operatingSystem: OperatingSystem): void {
  const start = writer.beginMessage(0x1a);
  textField(writer, 0x0a, operatingSystem.name);
  textField(writer, 0x12, operatingSystem.version);
  writer.endMessage(start);
}

function encodeProduct(writer: ByteWriter, product: Product): void {
  const start = writer.beginMessage(0x22);
  textField(writer, 0x0a, product.name);
  textField(writer, 0x12, product.version);
  textField(writer, 0x1a, product.releaseChannel);
  writer.endMessage(start);
}

function encodeSession(writer: ByteWriter, session: Session): void {
  const start = writer.beginMessage(0x2a);
  textField(writer, 0x0a, session.id);
  if (session.startTimeUnixUs !== undefined && session.startTimeUnixUs !== 0) {
    writer.byte(0x10);
    writer.signedVarint(session.startTimeUnixUs);
  }
  writer.endMessage(start);
}

/** A text field with a tag of one byte; proto3 leaves an empty one out. */
export function textField(writer: ByteWriter, tag: number, value: string | undefined): void {
  if (value !== undefined && value !== '') {
    writer.text(tag, value);
  }
}

/** A field of a whole number that is not negative, with a tag of one byte; proto3 leaves a zero out. */
export function countField(writer: ByteWriter, tag: number, value: number | undefined): void {
  if (value !== undefined && value !== 0) {
    writer.byte(tag);
    writer.varint(value);
  }
}

/** An encoded `telemetry.v1.Core`. */
export function coreBytesOf(core: Core): Uint8Array {
  const writer = new ByteWriter();
  encodeCore(writer, core);
  return writer.copy();
}
