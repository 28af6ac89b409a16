import { protocolLimits } from '@telemetry/gen/constants';
import type { EventData, FaultData, ProjectActivityData } from '../event.ts';
import type { IdentifierHash } from './hash.ts';
import type { OpenScrubCounts } from './scrub-counts.ts';
import { scrubbedWithin } from './scrubbed-within.ts';

/** In place of the id of a project that may not be sent: the activity counts, the project is not told from others. */
export const withheldProjectId = 'withheld';

/** What the payload of an external user is protected with, and where it is counted. */
export interface DataProtection {
  readonly hash: IdentifierHash | undefined;
  readonly counts: OpenScrubCounts;
  /** An identifier was left out for want of a key. */
  readonly onWithheld: () => void;
}

const { valueBytesMax, stackBytesMax, nameBytesMax, identifierBytesMax } = protocolLimits;

/** The payload as it may be sent of an external user: the same object where nothing has to be changed. */
export function protectData(data: EventData, protection: DataProtection): EventData {
  const { counts } = protection;
  switch (data.kind) {
    case 'featureUse': {
      const feature = scrubbedName(data.feature, nameBytesMax, counts);
      const { outcome, durationMs, count } = data;
      return feature === data.feature ? data : { kind: 'featureUse', feature, outcome, durationMs, count };
    }
    case 'fault':
      return protectFault(data, counts);
    case 'performance': {
      const metric = scrubbedName(data.metric, nameBytesMax, counts);
      return metric === data.metric ? data : { kind: 'performance', metric, value: data.value, unit: data.unit };
    }
    case 'sessionStart': {
      const trigger = scrubbed(data.trigger, valueBytesMax, counts);
      return trigger === data.trigger ? data : { kind: 'sessionStart', firstRun: data.firstRun, trigger };
    }
    case 'projectActivity':
      return protectProject(data, protection);
    default:
      return data;
  }
}

function protectFault(data: FaultData, counts: OpenScrubCounts): FaultData {
  const type = scrubbed(data.type, valueBytesMax, counts);
  const message = scrubbed(data.message, valueBytesMax, counts);
  const stack = scrubbed(data.stack, stackBytesMax, counts);
  const fingerprint = scrubbedName(data.fingerprint, identifierBytesMax, counts);
  const feature = scrubbedName(data.feature, nameBytesMax, counts);
  const isSame =
    type === data.type &&
    message === data.message &&
    stack === data.stack &&
    fingerprint === data.fingerprint &&
    feature === data.feature;
  return isSame ? data : { kind: 'fault', type, message, stack, fingerprint, severity: data.severity, feature };
}

function protectProject(data: ProjectActivityData, { hash, counts, onWithheld }: DataProtection): ProjectActivityData {
  const { action, itemCount } = data;
  const projectType = scrubbed(data.projectType, valueBytesMax, counts);
  let { projectId } = data;
  // One that is missing, or no text, is told as such by the check of the event.
  if (typeof projectId === 'string' && projectId !== '') {
    const hashed = hash?.hash(projectId);
    if (hashed === undefined) {
      onWithheld();
    }
    projectId = hashed ?? withheldProjectId;
  }
  return { kind: 'projectActivity', projectId, action, projectType, itemCount };
}

/** What is no text stays as it is: the check of the event says what is wrong with it. */
function scrubbed<Text extends string | undefined>(text: Text, sizeBytesMax: number, counts: OpenScrubCounts): Text {
  return typeof text === 'string' ? (scrubbedWithin(text, sizeBytesMax, counts) as Text) : text;
}

/** A name is the developer's, and may look like the path of a page; only an address in it is data. */
export function scrubbedName<Text extends string | undefined>(
  name: Text,
  sizeBytesMax: number,
  counts: OpenScrubCounts,
): Text {
  return typeof name === 'string' && name.includes('@') ? scrubbed(name, sizeBytesMax, counts) : name;
}
