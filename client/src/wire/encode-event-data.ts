import { FaultSeverity, ProjectAction, SessionEndReason, UseOutcome } from '@telemetry/gen/constants';
import type {
  EventData,
  FaultData,
  FeatureUseData,
  PerformanceData,
  ProjectActivityData,
  SessionEndData,
  SessionStartData,
} from '../event.ts';
import type { ByteWriter } from './byte-writer.ts';
import { countField, textField } from './encode-core.ts';

const outcomeNumber = {
  success: UseOutcome.SUCCESS,
  failure: UseOutcome.FAILURE,
  cancelled: UseOutcome.CANCELLED,
} as const;
const severityNumber = {
  warning: FaultSeverity.WARNING,
  error: FaultSeverity.ERROR,
  crash: FaultSeverity.CRASH,
} as const;
const reasonNumber = {
  closed: SessionEndReason.CLOSED,
  crashed: SessionEndReason.CRASHED,
  timedOut: SessionEndReason.TIMED_OUT,
} as const;
const actionNumber = {
  created: ProjectAction.CREATED,
  opened: ProjectAction.OPENED,
  saved: ProjectAction.SAVED,
  built: ProjectAction.BUILT,
  closed: ProjectAction.CLOSED,
} as const;

/** Names that the enumerations of the payloads know, for the check of what an untyped caller gives. */
export const dataEnums = {
  outcome: outcomeNumber,
  severity: severityNumber,
  reason: reasonNumber,
  action: actionNumber,
} as const;

/** Writes the payload of an event as its `oneof data`, with tag and length. */
export function encodeEventData(writer: ByteWriter, data: EventData): void {
  switch (data.kind) {
    case 'featureUse':
      nested(writer, 0x52, data, encodeFeatureUse);
      break;
    case 'fault':
      nested(writer, 0x5a, data, encodeFault);
      break;
    case 'performance':
      nested(writer, 0x62, data, encodePerformance);
      break;
    case 'sessionStart':
      nested(writer, 0x6a, data, encodeSessionStart);
      break;
    case 'sessionEnd':
      nested(writer, 0x72, data, encodeSessionEnd);
      break;
    case 'projectActivity':
      nested(writer, 0x7a, data, encodeProjectActivity);
      break;
  }
}

function nested<Data>(
  writer: ByteWriter,
  tag: number,
  data: Data,
  encode: (writer: ByteWriter, data: Data) => void,
): void {
  const start = writer.beginMessage(tag);
  encode(writer, data);
  writer.endMessage(start);
}

function encodeFeatureUse(writer: ByteWriter, data: FeatureUseData): void {
  textField(writer, 0x0a, data.feature);
  enumField(writer, 0x10, outcomeNumber, data.outcome);
  durationField(writer, 0x18, data.durationMs);
  countField(writer, 0x20, data.count);
}

function encodeFault(writer: ByteWriter, data: FaultData): void {
  textField(writer, 0x0a, data.type);
  textField(writer, 0x12, data.message);
  textField(writer, 0x1a, data.stack);
  textField(writer, 0x22, data.fingerprint);
  enumField(writer, 0x28, severityNumber, data.severity);
  textField(writer, 0x32, data.feature);
}

function encodePerformance(writer: ByteWriter, data: PerformanceData): void {
  textField(writer, 0x0a, data.metric);
  // A negative zero is not the default value of proto3, and is sent.
  if (!Object.is(data.value, 0)) {
    writer.byte(0x11);
    writer.double(data.value);
  }
  textField(writer, 0x1a, data.unit);
}

function encodeSessionStart(writer: ByteWriter, data: SessionStartData): void {
  if (data.firstRun === true) {
    writer.byte(0x08);
    writer.byte(1);
  }
  textField(writer, 0x12, data.trigger);
}

function encodeSessionEnd(writer: ByteWriter, data: SessionEndData): void {
  durationField(writer, 0x08, data.durationMs);
  durationField(writer, 0x10, data.activeMs);
  enumField(writer, 0x18, reasonNumber, data.reason);
}

function encodeProjectActivity(writer: ByteWriter, data: ProjectActivityData): void {
  textField(writer, 0x0a, data.projectId);
  enumField(writer, 0x10, actionNumber, data.action);
  textField(writer, 0x1a, data.projectType);
  countField(writer, 0x20, data.itemCount);
}

function enumField<Name extends string>(
  writer: ByteWriter,
  tag: number,
  numbers: Readonly<Record<Name, number>>,
  name: Name | undefined,
): void {
  if (name !== undefined) {
    writer.byte(tag);
    writer.varint(numbers[name]);
  }
}

/** Milliseconds of the API as microseconds of the wire. */
function durationField(writer: ByteWriter, tag: number, durationMs: number | undefined): void {
  if (durationMs !== undefined) {
    countField(writer, tag, Math.round(durationMs * 1000));
  }
}
