import { protocolLimits } from '@telemetry/gen/constants';

const dayUs = 86_400_000_000;
const ageUsMax = protocolLimits.eventAgeDaysMax * dayUs;
const aheadUsMax = (protocolLimits.eventAheadHoursMax * dayUs) / 24;

/** The time that the application gave for an event, in microseconds since 1970; NaN when it is none. */
export function toUnixUs(time: Date | number): number {
  const unixMs = time instanceof Date ? time.getTime() : time;
  return typeof unixMs === 'number' ? Math.round(unixMs * 1000) : Number.NaN;
}

/** Whether a collector whose clock agrees with ours accepts an event of this time. */
export function isAcceptedTime(timeUnixUs: number, nowUnixUs: number): boolean {
  return timeUnixUs >= nowUnixUs - ageUsMax && timeUnixUs <= nowUnixUs + aheadUsMax;
}
