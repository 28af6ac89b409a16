import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { Core, EventData } from '@telemetry/client';
import type { BatchContent, SequencedEvent } from '@telemetry/client/relay';
import {
  Audience,
  type Event,
  type EventBatch,
  EventBatchSchema,
  FaultSeverity,
  ProjectAction,
  SessionEndReason,
  Tier,
  UseOutcome,
} from '@telemetry/gen';

/** The same batch as protobuf-es has it, made independently of the client's own encoder. */
export function toMessage(content: BatchContent): EventBatch {
  const init = {
    producerId: content.producerId,
    core: coreMessage(content.core),
    events: content.events.map(eventMessage),
    dropped: (content.dropped ?? []).map((range) => ({
      firstSeq: BigInt(range.firstSeq),
      lastSeq: BigInt(range.lastSeq),
      reason: range.reason,
      blacklistVersion: BigInt(range.blacklistVersion ?? 0),
    })),
  };
  // The optional fields are there or not there, as protobuf-es wants it, which the types of what was spread do not tell.
  return create(EventBatchSchema, init as unknown as MessageInitShape<typeof EventBatchSchema>);
}

function coreMessage(core: Core) {
  const { user, machine, operatingSystem, product, session, audience } = core;
  return {
    ...(user && { user: present(user) }),
    ...(machine && { machine: { ...present(machine), memoryBytes: BigInt(machine.memoryBytes ?? 0) } }),
    ...(operatingSystem && { operatingSystem: present(operatingSystem) }),
    product: present(product),
    ...(session && { session: { id: session.id, startTimeUnixUs: BigInt(session.startTimeUnixUs ?? 0) } }),
    audience: audience === undefined ? 0 : { internal: Audience.INTERNAL, external: Audience.EXTERNAL }[audience],
  };
}

function eventMessage(event: SequencedEvent) {
  return {
    seq: BigInt(event.seq),
    timeUnixUs: BigInt(event.timeUnixUs),
    name: event.name,
    tier:
      event.tier === undefined
        ? 0
        : { standard: Tier.STANDARD, diagnostic: Tier.DIAGNOSTIC, long: Tier.LONG }[event.tier],
    ...(event.data && { data: dataMessage(event.data) }),
    properties: { ...event.properties },
    measurements: { ...event.measurements },
  };
}

function dataMessage(data: EventData): Event['data'] {
  const durationUs = (durationMs: number | undefined) => BigInt(Math.round((durationMs ?? 0) * 1000));
  const number = (name: string | undefined, from: object) =>
    name === undefined ? 0 : new Map(Object.entries(from)).get(name.replace('timedOut', 'timed_out').toUpperCase());
  const { kind, ...rest } = present(data) as EventData & Record<string, unknown>;
  const value = {
    ...rest,
    ...(kind === 'featureUse' && { outcome: number(data.kind === kind ? data.outcome : undefined, UseOutcome) }),
    ...(kind === 'fault' && { severity: number(data.kind === kind ? data.severity : undefined, FaultSeverity) }),
    ...(kind === 'sessionEnd' && { reason: number(data.kind === kind ? data.reason : undefined, SessionEndReason) }),
    ...(kind === 'projectActivity' && { action: number(data.kind === kind ? data.action : undefined, ProjectAction) }),
    ...('durationMs' in rest && { durationUs: durationUs(rest.durationMs as number) }),
    ...('activeMs' in rest && { activeUs: durationUs(rest.activeMs as number) }),
    ...('itemCount' in rest && { itemCount: BigInt(rest.itemCount as number) }),
  };
  return { case: kind, value } as unknown as Event['data'];
}

/** Without the entries that are there and undefined. */
function present<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Value;
}
